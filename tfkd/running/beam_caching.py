"""`tfkd cache --runner beam`: the same store by Apache Beam, on whatever engine runs it.

Texts are told apart by the keys of the store, as its writers do among themselves: text to key, key
to part, and a part, with everything in it, is one `store.write`. A part that fails is tried again
by the engine, and goes on behind the shards that it has written.
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
from ..progress import Progress, log_progress, logger, mute_log
from ..store import Store
from ..store.keys import as_keys, key_of
from ..store.parts import Parts
from ..store.writing import SHARD_ROWS
from . import caching
from .checks import open_run_data
from .config import RunConfig, make_config
from .targets import describe_source, shared_store_folder
from .task_choice import choose_task

MOST = 1_024  # parts
SAMPLE = 64  # texts by which every part looks at the teacher
Pair = tuple[int, str | None]


def cache(
    config: RunConfig,
    *,
    parts: int = 0,
    arguments: tuple[str, ...] = (),
    progress: Progress = log_progress,
    **options: Any,
) -> Store:
    """Write the store of a teacher's outputs, in `parts`; `arguments` are the engine's, Beam's own.

    By default a part has about as many texts as a shard, and there are 1,024 at most. Data, teacher
    and store are read and written by their paths, which every machine must see. `options` are those
    of `store.write`.

    Raises:
        UserError: Beam is not installed, and whatever `write` refuses.
    """
    beam = _imported()
    data, _ = caching.open_data_and_teacher(config)  # what is wrong with the teacher is told here
    folder = shared_store_folder(config, data.labels, Path("runs")).absolute()
    count = sum(data.counts.get(split, 0) for split in caching.SPLITS)
    parts = parts or max(1, min(MOST, -(-count // SHARD_ROWS)))
    texts = (each.text for split in caching.SPLITS for each in data.read(split))
    work = _Work(
        json.dumps(config.replaced(store=str(folder)).flat()),
        parts,
        tuple(itertools.islice(texts, SAMPLE)),
        options,
    )
    logger.info(f"store     {folder}: {count:,} texts in {parts} parts, by Apache Beam")
    with beam.Pipeline(argv=list(arguments)) as pipeline:
        _build(beam, pipeline, work)
    made = Store(folder)
    logger.info(f"{folder}: {made.rows:,} examples of {', '.join(made.reads)}.")
    return made


@dataclass(frozen=True)
class _Work:
    """What every machine is told: the config as JSON, and how the store is written."""

    settings: str
    parts: int
    sample: tuple[str, ...]
    options: dict[str, Any]


def _build(beam, pipeline, work: _Work) -> None:
    keyed = (
        pipeline
        | "splits" >> beam.Create(list(caching.SPLITS))
        | "texts" >> beam.FlatMap(_texts, work)
        | "spread" >> beam.Reshuffle()
        | "some" >> beam.BatchElements(min_batch_size=16, max_batch_size=1_024)
        | "parts" >> beam.FlatMap(_keyed, work)
    )
    # A part without texts is written too: the store is whole when all of them are.
    every = pipeline | "all parts" >> beam.Create([(n, None) for n in range(1, work.parts + 1)])
    ((keyed, every) | beam.Flatten() | beam.GroupByKey() | "write" >> beam.Map(_written, work))


def _imported():
    try:
        import apache_beam
    except ImportError:
        raise missing_extra("apache_beam", "beam", "--runner beam") from None
    return apache_beam


# -- on the workers --------------------------------------------------------------------------


@functools.lru_cache(1)
def _teacher(settings: str):
    """The teacher, once for each process."""
    return caching.open_data_and_teacher(make_config(json.loads(settings)))[1]


def _texts(split: str, work: _Work) -> Iterator[str]:
    config = make_config(json.loads(work.settings))
    task, _ = choose_task(config)
    for example in open_run_data(config, task).read(split):
        yield from task.texts(example)


def _keyed(texts: list[str], work: _Work) -> Iterator[Pair]:
    """Each text with the number of its part."""
    from ..store.examples import Source

    source = Source(list(texts), _teacher(work.settings))
    keys = [key_of(each) for chunk in source.chunks() for each in chunk]
    numbers = Parts.numbers(as_keys(b"".join(keys)), work.parts)
    yield from zip((int(each) for each in numbers), texts, strict=True)


def _written(part: tuple[int, Iterable[str | None]], work: _Work) -> int:
    """Compute one part and write it; what is there of it stays. Returns its number."""
    number, found = part
    config = make_config(json.loads(work.settings))
    texts = sorted({each for each in found if each is not None})
    with mute_log():
        store.write(
            config.teacher.store,
            _teacher(work.settings),
            [*work.sample, *texts],  # of the sample it takes what is its own
            shard=f"{number}/{work.parts}",
            source=describe_source(config.replaced(store="")),
            **work.options,
        )
    return number
