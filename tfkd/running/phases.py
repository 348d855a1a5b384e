"""The first phases of a run: claim its folder, write its texts as ids, store the teacher's outputs.

What a phase made is not made again.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from typing import TYPE_CHECKING

from ..data.same_rows import check_same_rows
from ..models.text_model import TextModel
from ..progress import Progress
from . import folder as run_folder
from .answer_filter import check_second_teacher, prepare_filter
from .compress_setting import check_student
from .config import RunConfig
from .context import RunContext, claim_folder, make_context
from .encoders import check_tokenizer, prepare_encoder
from .given_teacher import GivenModels, check_given, load_given, remember_teacher, trains_teacher
from .levels import reads_teacher, resolve_level
from .lock import hold_folder
from .plan import (
    check_callbacks,
    live_reads,
    notes_on_data,
    plan_training,
    report_data,
    report_plan,
    trains_on_stored,
)
from .stages import read_stages
from .stored_outputs import check_outputs_for_rows
from .student import build_student
from .student_start import prepare_start
from .targets import store_folder
from .teacher import RunTeacher, report_own_teacher
from .texts import SPLITS, RunTexts, check_augmentation
from .warm_start import remember_earlier
from .written_lessons import prepare_lessons

if TYPE_CHECKING:
    import tensorflow as tf


def begin(
    config: RunConfig,
    held: ExitStack,
    *,
    progress: Progress,
    strategy: tf.distribute.Strategy | None = None,
    given: GivenModels | None = None,
) -> tuple[RunContext, GivenModels | None]:
    """Claim the folder of a run, after everything that can be wrong was looked at.

    Args:
        config: The settings.
        held: Keeps other processes out of the folder until it is closed; the first worker alone
            keeps them out, and all workers go in.
        progress: Shows how far long steps are, see `tfkd.progress.Progress`.
        strategy: How training is distributed.
        given: What another run of these data has loaded and checked; it is loaded by default.

    Returns:
        The context, and what was loaded to look at it: None for a run that had begun already, and
        for a chain, whose teacher is not there yet.

    Raises:
        UserError: Whatever is wrong with data, teacher, student or folder; another process in it.
    """
    context = make_context(config, progress, strategy)
    if given is None and not run_folder.has_begun(context.folder):
        check_tokenizer(context.config)
        check_augmentation(context.config)
        given = load_given(context)
        check_given(context, given)
        check_second_teacher(context)
        if given.shrunk is not None:
            student = build_student(context, given.shrunk.encoder, given.shrunk)
            check_student(context.config, context.task, student)
    config = context.config
    keeps_store = config.student.assistant and config.teacher.cache and not trains_teacher(config)
    store = str(store_folder(context)) if keeps_store else ""
    if context.first and not run_folder.is_complete(context.folder):
        held.enter_context(hold_folder(run_folder.make_folder(context.folder)))
    context = claim_folder(context, store)
    return context, None if context.assistants else given


def prepare(
    context: RunContext, given: GivenModels | None = None, splits: Iterable[str] = SPLITS
) -> tuple[GivenModels, RunTexts]:
    """Say what will be done, and write all that the training reads: other workers find it there.

    Args:
        context: The context of the run.
        given: The models that were loaded before; they are loaded here by default.
        splits: What is written as ids.

    Returns:
        The given models, and the texts, whose context knows what the student learns of its teacher.

    Raises:
        UserError: Callbacks that cannot be made, a teacher that changed since the run began.
    """
    check_callbacks(context.config)
    remember_teacher(context)
    remember_earlier(context)
    given = given or load_given(context)
    report_data(context)
    encoder = prepare_encoder(context, given.shrunk)
    context = resolve_level(context, encoder, given.teacher)
    config, task = context.config, context.task
    texts = RunTexts(context, encoder)
    report_own_teacher(context, texts.encoder)
    prepare_start(context, texts.encoder, given.teacher)
    student = build_student(context, texts.encoder, given.shrunk)
    check_student(config, task, student)
    plan = plan_training(config, texts.count_transfer())
    report_plan(context, student, plan, notes_on_data(context, given.teacher))
    for split in splits:
        texts.encode(split)
        is_read = split != "validation" or live_reads(config, task)
        if given.teacher is not None and is_read and not task.writes:
            texts.encode(split, given.teacher.encoder)
    if any(stage.perturbation.changes for stage in read_stages(config)):
        texts.keep("transfer")
    if given.teacher is not None and reads_teacher(config):
        _check_rows(context, texts, given.teacher)
    return given, texts


def _check_rows(context: RunContext, texts: RunTexts, teacher: TextModel) -> None:
    """Refuse a teacher whose outputs say nothing of its student's rows.

    Raises:
        UserError: Such a teacher.
    """
    ours = texts.encode("transfer")
    theirs = texts.encode("transfer", teacher.encoder)
    if trains_on_stored(context.config, context.task):
        shapes = context.task.output_shapes(context.data.schema)
        check_outputs_for_rows(ours, theirs, context.task, shapes)
    else:
        check_same_rows(ours, theirs)


def store_targets(teacher: RunTeacher, *, tests: bool = True) -> None:
    """Compute the outputs that are stored for this run; each worker computes its share.

    Args:
        teacher: The teacher of the run.
        tests: Whether it is asked for the test texts too.
    """
    task = teacher.context.task
    prepare_lessons(teacher)
    config = teacher.context.config
    if trains_on_stored(config, task) and reads_teacher(config):
        teacher.targets(teacher.texts.learnt)
    if task.learns_texts and tests:
        teacher.write_for(lambda: teacher.context.data.read("test"), "test")
    if task.writes:
        # Logits of whole vocabularies would fill a disk, and few of them say no perplexity.
        return
    prepare_filter(teacher)
    if tests and teacher.knows("test"):
        teacher.targets("test")
    if teacher.context.task.tunes:
        teacher.targets("validation")
