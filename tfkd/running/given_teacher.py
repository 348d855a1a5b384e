"""The teacher that a run is given, and the student that is cut out of its layers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from .. import teachers
from ..models.text_model import TextModel
from ..students import shrinking
from . import folder as run_folder
from .aligned_classes import align_classes
from .config import RunConfig
from .context import RunContext
from .fitted_teacher import give_labels, mark_fitted
from .looked_up_teacher import know_texts
from .lookup_setting import looks_up
from .own_teacher import fine_tunes
from .shrink_setting import read_layers, shrinks
from .stages import check_frozen, read_stages
from .targets import store_folder
from .teacher_classes import check_class_order, name_classes
from .teacher_texts import check_function

TAUGHT = "teacher"
"""The folder of a teacher that a run fine-tunes first, in its own."""


@dataclass(frozen=True)
class GivenModels:
    """What a run is given instead of training it.

    Attributes:
        teacher: The teacher, its classes in the order of the data's; None where the run trains one.
        shrunk: An untrained student of the teacher's layers; None where the student is another.
    """

    teacher: TextModel | None = None
    shrunk: TextModel | None = None


def trains_teacher(config: RunConfig) -> bool:
    """Return whether the teacher is trained in the run, and reads texts as its student does."""
    source = config.teacher.source
    return source.partition(":")[0] == "train" and not fine_tunes(source)


def load_given(context: RunContext) -> GivenModels:
    """Load the teacher that the settings name, and make the student of its layers.

    Raises:
        UserError: No such teacher, other classes than the data's, no layers to take.
    """
    source = context.config.teacher.source
    if trains_teacher(context.config) or (fine_tunes(source) and not _is_taught(context)):
        return GivenModels()
    teacher = load_given_teacher(context)
    shrunk = _shrink(context, teacher) if shrinks(context.config) else None
    return GivenModels(teacher, shrunk)


def load_given_teacher(context: RunContext) -> TextModel:
    """Load the given teacher; each call makes a model of its own."""
    wanted = context.config.teacher
    length = wanted.max_length or None
    own = f"keras:{context.folder / TAUGHT}"
    source = own if fine_tunes(wanted.source) else wanted.source
    heads = teachers.split_heads(source)
    if heads:
        return teachers.join_heads(
            {head: _load_head(context, head, spec) for head, spec in heads.items()}
        )
    teacher = teachers.load_teacher(
        source, max_length=length, task=context.task, few=_few_labels(context)
    )
    if looks_up(context.task):
        return know_texts(context, teacher)
    teacher = name_classes(teacher, wanted.labels, context.data.schema)
    return align_classes(teacher, context.task, context.data.schema)


def _few_labels(context: RunContext) -> teachers.FewLabels | None:
    """Return what the teacher is fitted to, kept where its outputs are for all runs."""
    if not teachers.is_fitted(context.config.teacher.source):
        return None
    folder = store_folder(context).parent
    return give_labels(
        context.config, context.task, context.data, folder=folder, progress=context.progress
    )


def _load_head(context: RunContext, head: str, spec: str) -> TextModel:
    """Load the teacher of one head, its classes in the order of the data's."""
    task, schema = context.task.of_head(head, context.data.schema)
    length = context.config.teacher.max_length or None
    return align_classes(teachers.load_teacher(spec, max_length=length, task=task), task, schema)


def check_given(context: RunContext, given: GivenModels) -> None:
    """Refuse a given teacher whose classes are in another order, or that writes no texts.

    Raises:
        UserError: Its answers to some training texts tell so.
    """
    if given.teacher is not None:
        check_function(given.teacher, context.task, context.data)
        named = bool(context.config.teacher.labels)
        check_class_order(
            given.teacher, context.task, context.data, progress=context.progress, given=named
        )


def remember_teacher(context: RunContext) -> None:
    """Write down which teacher was given, or refuse another one than the run began with.

    Raises:
        UserError: The files of the teacher changed since the run began.
    """
    config, assistants = context.config, context.assistants
    if trains_teacher(config):
        return
    # Where the run's folder is moved, its assistants move with it.
    name = f"assistant-{len(assistants)}" if assistants else config.teacher.source
    mark = {"spec": name, "digest": teachers.digest_spec(_without_training(config))}
    if fitted := mark_fitted(config, context.task, context.data):
        mark["fitted"] = fitted
    run_folder.remember(context.folder / "teacher.json", mark, "the teacher")


def _is_taught(context: RunContext) -> bool:
    return (context.folder / TAUGHT / teachers.MODEL).is_file()


def _without_training(config: RunConfig) -> str:
    source = config.teacher.source
    return source.removeprefix("train:") if fine_tunes(source) else source


def _shrink(context: RunContext, teacher: TextModel) -> TextModel:
    config, data = context.config, context.data

    def transfer_texts() -> Iterator[str]:
        for split in ("train", "unlabelled"):
            for example in data.read(split):
                yield from context.task.learnt_texts(example)

    layers = read_layers(config.student.source)
    student = shrinking.shrink(
        teacher, layers=layers, texts=transfer_texts(), **config.student.settings
    )
    # The student reads no more of a text than the settings say.
    length = min(config.student.max_length, student.encoder.max_length)
    check_frozen(read_stages(config), student.model)
    return replace(student, encoder=replace(student.encoder, max_length=length))
