"""`tfkd cache`: a given teacher's outputs for all texts of a data set, ahead of any run."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .. import store, teachers
from ..data import Data
from ..errors import UserError
from ..models.text_model import TextModel
from ..progress import Progress, log_progress, logger
from ..store import Store
from ..store.checking import broken_shards
from ..store.manifest import NAME
from ..store.manifest import load as load_manifest
from ..tasks import Task
from ..text.row_encoding import encode_rows
from .checks import align_classes, open_run_data
from .config import RunConfig, make_config
from .targets import describe_source, shared_store_folder, store_options
from .task_choice import choose_task
from .teacher_classes import check_class_order, name_classes

_PROBES = 8
SPLITS = ("train", "unlabelled", "validation", "test")


class _Texts:
    """The texts of every split of data sets, one by one."""

    def __init__(self, *pairs: tuple[Task, Data]) -> None:
        self._pairs = pairs
        counts = (data.counts.get(split, 0) for _, data in pairs for split in SPLITS)
        self.examples = sum(counts)

    def __iter__(self) -> Iterator[Any]:
        for task, data in self._pairs:
            for split in SPLITS:
                for example in data.read(split):
                    yield from task.read_together(example)


def cache(config: RunConfig, *, progress: Progress = log_progress, **options: Any) -> Store | None:
    """Write the store that runs of this teacher on these data will find.

    Args:
        config: The settings, which name data and teacher.
        progress: Shows how far it is.
        options: More arguments of `tfkd.store.write`.

    Returns:
        The store, or None where other writers have not ended yet.

    Raises:
        UserError: A teacher that is trained in the run, and whatever `write` refuses.
    """
    task, data, teacher = open_data_and_teacher(config)
    named = bool(config.teacher.labels)
    check_class_order(teacher, task, data, progress=progress, given=named)
    folder = shared_store_folder(config.replaced(task=task.name), Path("runs"))
    source = describe_source(config)
    options |= store_options(task)
    written = store.write(
        folder,
        teacher.in_own_order(),
        _Texts((task, data)),
        verbose=0,
        progress=progress,
        source=source,
        **options,
    )
    if written is None:
        logger.info(f"this part of {folder} is written; the other writers have not ended.")
    else:
        logger.info(f"{folder}: {written.rows:,} examples of {', '.join(written.reads)}.")
    return written


def verify(folder: Path) -> Store:
    """Read every byte of a store, and report that all is well.

    Raises:
        UserError: A file is damaged; the error names it.
    """
    stored = store.verify(folder)
    size = sum(shard.bytes for shard in stored.manifest.shards) / 1e6
    logger.info(
        f"{folder}: {stored.rows:,} examples in {len(stored.shards)} shards, {size:,.1f} MB: whole."
    )
    return stored


def repair(folder: Path, progress: Progress = log_progress) -> None:
    """Compute the broken shards of a store again, from the texts and the teacher it came from.

    Raises:
        UserError: A store that does not say where its texts came from.
    """
    manifest = load_manifest(folder / NAME)
    if not manifest.sources:
        raise UserError(
            f"{folder} does not say where its texts came from: tfkd.store.repair(path, teacher, "
            "dataset) computes it again from yours."
        )
    broken = broken_shards(folder, manifest)
    names = f": {', '.join(broken)}" if broken else ""
    logger.info(f"{folder}: {len(broken)} broken shard(s){names}")
    if not broken:
        return
    # All in one pass: what one data set misses is still named as broken until the other is read.
    sources = [
        open_data_and_teacher(make_config({**source, "store": str(folder)}))
        for source in manifest.sources
    ]
    texts = _Texts(*((task, data) for task, data, _ in sources))
    store.repair(
        folder,
        sources[0][2].in_own_order(),
        texts,
        verbose=0,
        progress=progress,
        **manifest.settings,
    )


def open_data_and_teacher(config: RunConfig) -> tuple[Task, Data, TextModel]:
    """Open the data that a config names, and load its teacher with the classes of the data.

    Raises:
        UserError: A teacher that is trained in the run.
    """
    if config.teacher.source.partition(":")[0] == "train":
        raise UserError(
            "a teacher that is trained in the run stores its outputs by itself; train one ahead "
            "with `tfkd teach`, and give it as --teacher keras:FOLDER."
        )
    task, _ = choose_task(config)
    data = open_run_data(config, task)
    length = config.teacher.max_length or None
    teacher = teachers.load_teacher(config.teacher.source, max_length=length, task=task)
    teacher = name_classes(teacher, config.teacher.labels, data.schema)
    teacher = align_classes(teacher, task, data.schema)
    _check_rows_are_texts(task, data, teacher)
    return task, data, teacher


def _check_rows_are_texts(task: Task, data: Data, teacher: TextModel) -> None:
    """Refuse a task whose rows are not its texts: a run would not find what is stored here.

    Raises:
        UserError: Such a task.
    """
    examples = list(itertools.islice(data.read("train"), _PROBES))
    texts = [text for example in examples for text in task.read_together(example)]
    rows = [row for each in task.encode(examples, teacher.encoder, data.schema) for row in each]
    inputs = [{name: [*map(int, row[name])] for name in task.inputs} for row in rows]
    stored = encode_rows(teacher.encoder, texts)
    if inputs != [{name: [*map(int, ids)] for name, ids in row.items()} for row in stored]:
        raise UserError(
            f"a teacher of the task {task.name} reads other rows than its texts, so its outputs "
            "cannot be stored ahead: leave `tfkd cache` out, a run stores them by itself."
        )
