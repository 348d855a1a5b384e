"""`imdb`: the reviews of TensorFlow Datasets' `imdb_reviews` (Maas et al. 2011)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from ..errors import UserError, missing_extra
from .columns import Record
from .examples import Example
from .source import Base, Source

NAME = "imdb_reviews"
LABELS = ("negative", "positive")
SPLITS = {"train": "train", "test": "test", "unlabelled": "unsupervised"}


def imdb(data_dir: str | Path | None = None) -> Base:
    """Open the 25,000 + 25,000 labelled and 50,000 unlabelled reviews.

    Raises:
        UserError: tensorflow_datasets is not installed, or the data can be neither found nor
            downloaded.
    """
    try:
        import tensorflow_datasets
    except ImportError:
        raise missing_extra("tensorflow_datasets", "data", "the `imdb` data set") from None
    where = None if data_dir is None else os.path.expanduser(data_dir)
    builder = tensorflow_datasets.builder(NAME, data_dir=where, try_gcs=False)
    if not builder.is_prepared():
        _prepare(builder)
    sources = {
        split: Source(
            origin=f"{NAME}/{theirs}",
            records=partial(_records, builder, theirs),
            count=builder.info.splits[theirs].num_examples,
        )
        for split, theirs in SPLITS.items()
    }
    facts = {"tfds": builder.info.full_name, "data_dir": str(builder.data_path)}
    return Base("imdb", sources, names=LABELS, facts=facts)


def _prepare(builder: Any) -> None:
    """Download and prepare the data; if that fails, say how to prepare it elsewhere."""
    try:
        builder.download_and_prepare()
    except Exception as error:
        root = builder.data_path.parents[2]
        raise UserError(
            f"{NAME} is not prepared in {root} and could not be downloaded "
            f"({type(error).__name__}: {error!s:.200}). Run `tfds build {NAME} --data_dir DIR` "
            "where there is a network, copy DIR here, and write --data-dir DIR."
        ) from error


def _records(builder: Any, split: str) -> Iterator[Record]:
    from tensorflow_datasets import ReadConfig, as_numpy

    # One shard after the other and no shuffling: the same order at each call.
    config = ReadConfig(interleave_cycle_length=1, try_autocache=False, add_tfds_id=False)
    rows = builder.as_dataset(split=split, shuffle_files=False, read_config=config)
    for number, row in enumerate(as_numpy(rows), 1):
        label = int(row["label"])
        name = LABELS[label] if label >= 0 else None
        example = Example(text=row["text"].decode(), label=name)
        yield Record(f"{NAME}/{split}, row {number}", example)
