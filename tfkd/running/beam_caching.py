"""`tfkd cache --runner beam`: the same store by Apache Beam, on whatever engine runs it.

Texts are told apart by the keys of the store, as its writers do among themselves: text to key, key
to part, and a part, with everything in it, is one `store.write`. A part that fails is tried again
by the engine, and goes on after the shards that it has written.
"""

from __future__ import annotations

import functools
import itertools
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import store
from ..errors import missing_extra
from ..models.text_model import TextModel
from ..progress import Progress, log_progress, logger, mute_log
from ..store import Store
from ..store.keys import as_keys, key_of
from ..store.parts import Parts
from ..store.writing import SHARD_ROWS
from ..text import padding_of
from . import caching
from .checks import open_run_data
from .config import RunConfig, make_config
from .targets import describe_source, shared_store_folder
from .task_choice import choose_task
from .teacher_classes import check_class_order

_MOST_PARTS = 1_024
_SAMPLE = 64
"""Texts by which every part looks at the teacher."""
_Pair = tuple[int, Any]


def cache(
    config: RunConfig,
    *,
    parts: int = 0,
    arguments: tuple[str, ...] = (),
    progress: Progress = log_progress,
    **options: Any,
) -> Store:
    """Write the store of a teacher's outputs in parts, by Apache Beam.

    Data, teacher and store are read and written by their paths, which every machine must see.

    Args:
        config: The settings, which name data and teacher.
        parts: Number of parts; by default a part has about as many texts as a shard, and there are
            1,024 at most.
        arguments: The arguments of the engine that runs it, Beam's own.
        progress: Shows how far it is.
        options: More arguments of `tfkd.store.write`.

    Raises:
        UserError: Beam is not installed, and whatever `write` refuses.
    """
    try:
        import apache_beam as beam
    except ImportError:
        raise missing_extra("apache_beam", "beam", "--runner beam") from None
    # What is wrong with the teacher is reported here, and not by a thousand machines.
    task, data, teacher = caching.open_data_and_teacher(config)
    named = bool(config.teacher.labels)
    check_class_order(teacher, task, data, progress=progress, given=named)
    found = config.replaced(task=task.name)
    folder = shared_store_folder(found, Path("runs")).absolute()
    count = sum(data.counts.get(split, 0) for split in caching.SPLITS)
    parts = parts or max(1, min(_MOST_PARTS, -(-count // SHARD_ROWS)))
    examples = (example for split in caching.SPLITS for example in data.read(split))
    texts = (text for example in examples for text in task.read_together(example))
    work = _Work(
        json.dumps(config.replaced(store=str(folder)).flat()),
        parts,
        tuple(itertools.islice(texts, _SAMPLE)),
        options,
    )
    logger.info(f"store     {folder}: {count:,} texts in {parts} parts, by Apache Beam")
    with beam.Pipeline(argv=list(arguments)) as pipeline:
        _build(beam, pipeline, work)
    written = Store(folder)
    logger.info(f"{folder}: {written.rows:,} examples of {', '.join(written.reads)}.")
    return written


@dataclass(frozen=True)
class _Work:
    """What every machine gets: the config as JSON, and how the store is written."""

    settings: str
    parts: int
    sample: tuple[Any, ...]
    options: dict[str, Any]


def _build(beam: Any, pipeline: Any, work: _Work) -> None:
    """Add the steps from texts to written parts to a pipeline."""
    keyed = (
        pipeline
        | "splits" >> beam.Create(list(caching.SPLITS))
        | "texts" >> beam.FlatMap(_read_texts, work)
        | "spread" >> beam.Reshuffle()
        | "some" >> beam.BatchElements(min_batch_size=16, max_batch_size=1_024)
        | "parts" >> beam.FlatMap(_number_texts, work)
    )
    # A part without texts is written too: the store is whole when all of them are.
    all_parts = pipeline | "all parts" >> beam.Create([(n, None) for n in range(1, work.parts + 1)])
    (
        (keyed, all_parts)
        | beam.Flatten()
        | beam.GroupByKey()
        | "write" >> beam.Map(_write_part, work)
    )


# -- on the workers --------------------------------------------------------------------------


@functools.lru_cache(1)
def _load_teacher(settings: str) -> TextModel:
    """Load the teacher, once for each process."""
    return caching.open_data_and_teacher(make_config(json.loads(settings)))[2].in_own_order()


def _read_texts(split: str, work: _Work) -> Iterator[Any]:
    config = make_config(json.loads(work.settings))
    task, _ = choose_task(config)
    for example in open_run_data(config, task).read(split):
        yield from task.read_together(example)


def _number_texts(texts: list[Any], work: _Work) -> Iterator[_Pair]:
    """Yield each text with the number of its part."""
    from ..store.example_stream import ExampleStream

    teacher = _load_teacher(work.settings)
    source = ExampleStream(list(texts), teacher)
    pad = padding_of(teacher)
    keys = [key_of(example, pad) for chunk in source.chunks() for example in chunk]
    numbers = Parts.numbers(as_keys(b"".join(keys)), work.parts)
    yield from zip((int(number) for number in numbers), texts, strict=True)


def _write_part(part: tuple[int, Iterable[Any]], work: _Work) -> int:
    """Compute and write what is missing of one part, and return its number."""
    number, found = part
    config = make_config(json.loads(work.settings))
    texts = sorted({text for text in found if text is not None})
    with mute_log():
        store.write(
            config.teacher.store,
            _load_teacher(work.settings),
            # Of the sample it takes what is its own.
            [*work.sample, *texts],
            shard=f"{number}/{work.parts}",
            source=describe_source(config.replaced(store="")),
            **work.options,
        )
    return number
