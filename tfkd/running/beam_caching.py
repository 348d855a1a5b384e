"""`tfkd cache --runner beam`: the same store by Apache Beam, on whatever engine runs it.

Rows are told apart by the keys of the store, as its writers do among themselves: row to key, key to
part, and a part, with everything in it, is one `store.write`. A part that fails is tried again
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
from ..data import Example
from ..errors import UserError, missing_extra
from ..progress import Progress, log_progress, logger, mute_log
from ..store import Store
from ..store.example_stream import ExampleStream, RowStream
from ..store.keys import as_keys, key_of
from ..store.parts import Parts
from ..store.writing import SHARD_ROWS
from ..tasks import Arrays
from ..text import padding_of
from ..text.words import with_ends
from . import caching
from .config import RunConfig, make_config
from .run_data import open_run_data
from .targets import describe_source, shared_store_folder, store_options
from .task_choice import choose_task
from .teacher_classes import check_class_order

_MOST_PARTS = 1_024
_SAMPLE = 64
"""Rows by which every part looks at the teacher."""
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
    if task.learns_texts:
        raise UserError(
            f"of the task {task.name} the texts are stored that a teacher writes, by one process: "
            "leave out --runner beam."
        )
    named = bool(config.teacher.labels)
    check_class_order(teacher, task, data, progress=progress, given=named)
    found = config.replaced(task=task.name)
    folder = shared_store_folder(found, Path("runs")).absolute()
    count = sum(data.counts.get(split, 0) for split in caching.SPLITS)
    parts = parts or max(1, min(_MOST_PARTS, -(-count // SHARD_ROWS)))
    options |= store_options(task, teacher)
    work = _Work(
        json.dumps(config.replaced(store=str(folder)).flat()),
        parts,
        tuple(itertools.islice(caching.TeacherRows(task, data, teacher), _SAMPLE)),
        options,
    )
    logger.info(f"store     {folder}: {count:,} examples in {parts} parts, by Apache Beam")
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
        | "examples" >> beam.FlatMap(_read_examples, work)
        | "spread" >> beam.Reshuffle()
        | "some" >> beam.BatchElements(min_batch_size=16, max_batch_size=1_024)
        | "parts" >> beam.FlatMap(_number_rows, work)
    )
    # A part without rows is written too: the store is whole when all of them are.
    all_parts = pipeline | "all parts" >> beam.Create([(n, None) for n in range(1, work.parts + 1)])
    (
        (keyed, all_parts)
        | beam.Flatten()
        | beam.GroupByKey()
        | "write" >> beam.Map(_write_part, work)
    )


# -- on the workers --------------------------------------------------------------------------


@functools.lru_cache(1)
def _open_rows(settings: str) -> caching.TeacherRows:
    """Open the data and load the teacher, once for each process."""
    return caching.TeacherRows(*caching.open_data_and_teacher(make_config(json.loads(settings))))


def _read_examples(split: str, work: _Work) -> Iterator[Example]:
    config = make_config(json.loads(work.settings))
    task, _ = choose_task(config)
    yield from open_run_data(config, task).read(split)


def _number_rows(examples: list[Example], work: _Work) -> Iterator[_Pair]:
    """Yield the rows of examples, each with the number of its part."""
    rows = list(_open_rows(work.settings).encode(list(examples)))
    numbers = Parts.numbers(as_keys(b"".join(_keys(rows, work))), work.parts)
    yield from zip((int(number) for number in numbers), rows, strict=True)


def _keys(rows: list[Arrays], work: _Work) -> list[bytes]:
    opened = _open_rows(work.settings)
    source = ExampleStream(RowStream(lambda: rows, with_ends(opened.task.inputs)))
    pad = padding_of(opened.teacher)
    return [key_of(example, pad) for chunk in source.chunks() for example in chunk]


def _write_part(part: tuple[int, Iterable[Any]], work: _Work) -> int:
    """Compute and write what is missing of one part, and return its number."""
    number, found = part
    config = make_config(json.loads(work.settings))
    opened = _open_rows(work.settings)
    rows = [row for row in found if row is not None]
    by_key = dict(zip(_keys(rows, work), rows, strict=True))
    # Of the sample it takes what is its own.
    rows = [*work.sample, *(by_key[key] for key in sorted(by_key))]
    with mute_log():
        store.write(
            config.teacher.store,
            opened.teacher.in_own_order(),
            RowStream(lambda: rows, with_ends(opened.task.inputs), len(rows)),
            shard=f"{number}/{work.parts}",
            source=describe_source(config.replaced(store="")),
            **work.options,
        )
    return number
