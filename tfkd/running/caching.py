"""`tfkd cache`: a given teacher's outputs for all texts of a data set, ahead of any run."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .. import store, teachers
from ..data import Data, Example
from ..data.encoded import CHUNK
from ..errors import UserError
from ..models.text_model import TextModel
from ..progress import Progress, log_progress, logger
from ..store import Store
from ..store.checking import broken_shards
from ..store.example_stream import RowStream
from ..store.manifest import NAME
from ..store.manifest import load as load_manifest
from ..store.written import WrittenStore
from ..tasks import Arrays, Task
from ..text.batching import chunks
from ..text.words import with_ends
from .aligned_classes import align_classes
from .config import RunConfig, make_config
from .fitted_teacher import check_fitted, give_labels, mark_fitted
from .lookup_setting import looks_up
from .run_data import open_run_data
from .targets import describe_source, shared_store_folder, store_options
from .task_choice import choose_task
from .teacher_classes import check_class_order, name_classes
from .teacher_texts import check_function, open_written, sources_of, writer_of

_PROBES = 100
_OF_OUTPUTS = {"dtype": "float16", "top_k": None, "precision": "auto", "shard": "1/1"}
"""What only outputs have, as long as nobody asks for anything else."""
SPLITS = ("train", "unlabelled", "validation", "test")


class TeacherRows:
    """The examples of every split of a data set, as rows that a teacher reads.

    Attributes:
        task: The task of the examples.
        data: The data set.
        teacher: The teacher, whose tokenizer makes the rows.
    """

    def __init__(self, task: Task, data: Data, teacher: TextModel) -> None:
        self.task, self.data, self.teacher = task, data, teacher

    def __iter__(self) -> Iterator[Arrays]:
        examples = (example for split in SPLITS for example in self.data.read(split))
        for chunk in chunks(examples, CHUNK):
            yield from self.encode(chunk)

    def encode(self, examples: list[Example]) -> Iterator[Arrays]:
        """Yield the rows of some examples."""
        for rows in self.task.encode(examples, self.teacher.encoder, self.data.schema):
            yield from rows

    def count(self) -> int | None:
        """Return how many rows there are; None where some of the first examples are several."""
        first = list(itertools.islice(self.data.read("train"), _PROBES))
        if len(list(self.encode(first))) != len(first):
            return None
        return sum(self.data.counts.get(split, 0) for split in SPLITS)

    def stream(self) -> RowStream:
        """Return the rows as a store takes them."""
        return RowStream(lambda: iter(self), with_ends(self.task.inputs), self.count())


def cache(
    config: RunConfig, *, progress: Progress = log_progress, **options: Any
) -> Store | WrittenStore | None:
    """Write the store that runs of this teacher on these data will find.

    Of a task that writes, it holds the texts that the teacher writes for them.

    Args:
        config: The settings, which name data and teacher.
        progress: Shows how far it is.
        options: More arguments of `tfkd.store.write`.

    Returns:
        The store, or None where other writers have not ended yet.

    Raises:
        UserError: A teacher that is trained in the run, and whatever `write` refuses.
    """
    task, data, teacher = open_data_and_teacher(config, progress)
    if task.learns_texts:
        return _write_texts(config, TeacherRows(task, data, teacher), options, progress)
    named = bool(config.teacher.labels)
    check_class_order(teacher, task, data, progress=progress, given=named)
    if isinstance(teacher, teachers.FittedTeacher):
        logger.info(teacher.note)
    folder = _folder_of(config, task, data)
    source = describe_source(config)
    options |= store_options(task, teacher)
    written = store.write(
        folder,
        teacher.in_own_order(),
        TeacherRows(task, data, teacher).stream(),
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


def _folder_of(config: RunConfig, task: Task, data: Data) -> Path:
    """Return where all runs in the folder `runs` find the outputs."""
    fitted = mark_fitted(config, task, data)
    return shared_store_folder(config.replaced(task=task.name), Path("runs"), fitted)


def _write_texts(
    config: RunConfig, rows: TeacherRows, options: dict[str, Any], progress: Progress
) -> WrittenStore:
    """Have a teacher write for all texts: what students learn, and its answers on test."""
    given = [name for name, value in options.items() if value != _OF_OUTPUTS.get(name)]
    if given:
        raise UserError(
            f"{' and '.join(given)} is for outputs that are stored, and of the task "
            f"{rows.task.name} the texts are that a teacher writes: leave it out."
        )
    task, data, teacher = rows.task, rows.data, rows.teacher
    check_function(teacher, task, data)
    folder = shared_store_folder(config.replaced(task=task.name), Path("runs"))
    lessons, answers = task.lesson_decoding(), task.decoding()
    for decoding, splits in ((answers, ("test",)), (lessons, ("train", "unlabelled"))):
        written = open_written(folder, teacher, decoding)
        examples = itertools.chain(*(data.read(split) for split in splits))
        count = written.write(
            writer_of(teacher, task, data.schema, decoding),
            sources_of(task, examples),
            title=f"teacher writes for {' and '.join(splits)}",
            progress=progress,
        )
        logger.info(f"{written.path}: {len(written):,} sources, {count:,} of them written now.")
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
        TeacherRows(*open_data_and_teacher(make_config({**source, "store": str(folder)})))
        for source in manifest.sources
    ]
    rows = RowStream(lambda: itertools.chain(*sources), with_ends(sources[0].task.inputs))
    store.repair(
        folder,
        sources[0].teacher.in_own_order(),
        rows,
        verbose=0,
        progress=progress,
        **manifest.settings,
    )


def open_data_and_teacher(
    config: RunConfig, progress: Progress = log_progress
) -> tuple[Task, Data, TextModel]:
    """Open the data that a config names, and load its teacher with the classes of the data.

    Args:
        config: The settings.
        progress: Shows how far a teacher is that is fitted to the data.

    Raises:
        UserError: A teacher that is trained in the run.
    """
    if config.teacher.source.partition(":")[0] == "train":
        raise UserError(
            "a teacher that is trained in the run stores its outputs by itself; train one ahead "
            "with `tfkd teach`, and give it as --teacher keras:FOLDER."
        )
    task, _ = choose_task(config)
    if looks_up(task):
        raise UserError(
            f"the teacher of the task {task.name} is made of the data in each run, which keeps "
            "what the encoder reads for all runs beside it: run `tfkd distill`."
        )
    check_fitted(config, task)
    data = open_run_data(config, task)
    length = config.teacher.max_length or None
    folder = _folder_of(config, task, data).parent
    few = give_labels(config, task, data, folder=folder, progress=progress)
    teacher = teachers.load_teacher(config.teacher.source, max_length=length, task=task, few=few)
    teacher = name_classes(teacher, config.teacher.labels, data.schema)
    teacher = align_classes(teacher, task, data.schema)
    return task, data, teacher
