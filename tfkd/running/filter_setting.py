"""The settings `min_confidence` and `agree`: which answers a student learns, checked early."""

from __future__ import annotations

from .. import teachers
from ..errors import UserError
from ..tasks import Task
from .config import RunConfig

LABELS = "labels"
"""In place of a second teacher: what the data say."""


def filters(config: RunConfig) -> bool:
    """Return whether some of the teacher's answers may be left out."""
    return bool(config.teacher.min_confidence or config.teacher.agree)


def has_second(config: RunConfig) -> bool:
    """Return whether a second teacher has to agree."""
    return config.teacher.agree not in ("", LABELS)


def check_filter(config: RunConfig, task: Task) -> None:
    """Refuse to choose among answers of a task, or by a teacher, where that cannot be.

    Args:
        config: The settings of the run.
        task: What its examples are.

    Raises:
        UserError: Answers without a confidence, a share that is none, no second teacher.
    """
    wanted = config.teacher
    if wanted.min_confidence > 1:
        raise UserError(
            f"min_confidence is {wanted.min_confidence}: write a probability, e.g. 0.6."
        )
    if not filters(config):
        return
    name = (
        f"agree is {wanted.agree!r}"
        if wanted.agree
        else f"min_confidence is {wanted.min_confidence}"
    )
    if task.writes or type(task).confidence is Task.confidence:
        raise UserError(
            f"{name}, and the answers of the task {task.name} have no confidence to choose by: "
            "leave it out."
        )
    if not wanted.cache:
        raise UserError(f"{name}, which reads the teacher's stored answers: leave --no-cache out.")
    if not has_second(config):
        return
    if wanted.agree.partition(":")[0] == "train" or teachers.split_heads(wanted.agree):
        raise UserError(
            f"agree is {wanted.agree!r}: write {LABELS}, or a teacher that is trained already, "
            "such as hf:PATH."
        )
    if wanted.agree == wanted.source:
        raise UserError(f"agree is the teacher itself, {wanted.agree}: write another one.")
    teachers.check_spec(wanted.agree)
