"""The real texts beside which others are made: for validation and test, and a few to start from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..data import Data, Example, open_data
from ..data.folders import split_files
from ..tasks import Task
from .config import RunConfig
from .run_data import OF_DATA, without_need_of_labels


@dataclass(frozen=True)
class RealSplits:
    """What a data set says beside the texts that are made.

    Attributes:
        labels: The names of the classes; empty where nothing has one.
        examples: Of validation and test, where they are there.
        data: The data set; None without a training split.
    """

    labels: tuple[str, ...] = ()
    examples: dict[str, list[Example]] = field(default_factory=dict)
    data: Data | None = None

    def train(self) -> Iterator[str]:
        """Yield the training texts, of which none is learnt from unless others are made of them."""
        for split in ("train", "unlabelled"):
            for example in self.data.read(split) if self.data else ():
                yield example["text"]


def read_real(config: RunConfig, task: Task) -> RealSplits:
    """Open the data of a run, of which the training split may be missing.

    Args:
        config: The settings.
        task: Reads the rows.

    Raises:
        UserError: Anything wrong with the data.
    """
    source, settings = config.data.source, config.flat()
    options: dict[str, Any] = {name: settings[name] or None for name in OF_DATA}
    split_seed = config.data.split_seed
    options["seed"] = config.training.seed if split_seed < 0 else split_seed
    options |= {"columns": config.columns, "reader": without_need_of_labels(task)}
    folder = Path(source).expanduser() if source else None
    there = folder is not None and folder.is_dir()
    files = split_files(folder, config.data.encoding or "") if folder and there else {}
    if source and (not files or "train" in files or "unlabelled" in files):
        data = open_data(source, **options)
        kept = {split: list(data.read(split)) for split in ("validation", "test")}
        return RealSplits(data.labels, {k: rows for k, rows in kept.items() if rows}, data)
    for split in ("validation", "test"):
        if split in files and not options[split]:
            options[split] = str(files[split])
    wanted = tuple(split for split in ("validation", "test") if options[split])
    if not wanted:
        return RealSplits()
    first = options[wanted[0]]
    # Each is there, so that nothing is cut from what stands for a training split here.
    both = {split: options[split] or first for split in ("validation", "test")}
    data = open_data(first, **{**options, **both})
    return RealSplits(data.labels, {split: list(data.read(split)) for split in wanted})
