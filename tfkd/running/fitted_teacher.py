"""A run's teacher that is fitted to classes: what it is given of the data, and its checks."""

from __future__ import annotations

from pathlib import Path

from .. import tasks, teachers
from ..data import Data
from ..errors import UserError
from ..progress import Progress, log_progress
from ..tasks import Task
from ..teachers import FewLabels
from ..teachers.language_models.class_guide import ClassGuide
from .config import RunConfig
from .labelled_draw import draw_labelled


def check_fitted(config: RunConfig, task: Task) -> None:
    """Refuse settings of a teacher that is fitted to classes which cannot be.

    Raises:
        UserError: Another task, no file of classes, or settings that have no meaning then.
    """
    source, classes = config.teacher.source, config.prompts.classes
    parts = [teachers.read_fit_spec(part) for part in teachers.fitted_parts(source)]
    if not parts:
        return
    if not task.is_one_class_of_one_text():
        raise UserError(
            f"the teacher {source} says which one class a text has, and the task is {task.name}"
            f"{' of pairs' if task.reads_pairs else ''}: write --task {tasks.DEFAULT} and one "
            "column of texts, or give another teacher."
        )
    if config.teacher.labels:
        raise UserError(
            f"teacher_labels is {config.teacher.labels}, and the teacher {source} is fitted to the "
            "data's classes by their names: leave it out."
        )
    if any(part.needs_guide for part in parts) and not classes:
        raise teachers.needs_guide(source)
    if classes:
        teachers.read_guide(_path(classes))
    if any(not part.needs_guide for part in parts):
        teachers.check_scikit_learn()
    if config.prompts.template.count("{}") != 1:
        raise UserError(
            f"template is {config.prompts.template!r}: write a sentence with {{}} once, in the "
            'place of what a class means, such as "This text is about {}."'
        )


def give_labels(
    config: RunConfig, task: Task, data: Data, *, folder: Path, progress: Progress
) -> FewLabels | None:
    """Return what a run's teacher is fitted to; None for one that is not.

    The labels are those that the student may use; those of validation and test are never read.

    Args:
        config: The settings.
        task: The task.
        data: The data set.
        folder: Where what is fitted is kept.
        progress: Shows how far it is.

    Raises:
        UserError: Classes that are not the data's.
    """
    if not teachers.is_fitted(config.teacher.source):
        return None
    guide = _read_guide(config, data)
    examples = draw_labelled(config, task, data)
    return FewLabels(
        data.labels,
        tuple(example["text"] for example in examples),
        tuple(int(example["label"]) for example in examples),
        guide,
        config.prompts.template,
        folder,
        progress,
    )


def mark_fitted(config: RunConfig, task: Task, data: Data) -> str:
    """Return what tells the classes and labels that a teacher is fitted to from others.

    Args:
        config: The settings.
        task: The task.
        data: The data set.
    """
    few = give_labels(config, task, data, folder=Path(), progress=log_progress)
    return "" if few is None else few.digest


def names_of_classes(config: RunConfig) -> tuple[str, ...]:
    """Return the names in the file of classes, for data in which nothing lists them; or none.

    The runs of a chain have one file, and all of them the same classes.
    """
    if not config.prompts.classes:
        return ()
    return teachers.read_guide(_path(config.prompts.classes)).names


def _read_guide(config: RunConfig, data: Data) -> ClassGuide | None:
    if not config.prompts.classes:
        return None
    return teachers.read_guide(_path(config.prompts.classes)).with_names(data.labels)


def _path(classes: str) -> Path:
    return Path(classes).expanduser()
