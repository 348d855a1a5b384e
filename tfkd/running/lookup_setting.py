"""Whether a run's teacher looks up its answers, and the settings that have no meaning then."""

from __future__ import annotations

from ..errors import UserError
from ..tasks import Task
from .config import RunConfig


def looks_up(task: Task) -> bool:
    """Return whether a task's teacher knows all texts of the data, and reads no others."""
    return type(task).known_texts is not Task.known_texts


def check_lookup(config: RunConfig, task: Task) -> None:
    """Refuse settings that have no meaning where a teacher is made out of an encoder's vectors.

    Raises:
        UserError: A teacher that is trained, or outputs that were stored elsewhere.
    """
    if not looks_up(task):
        return
    source = config.teacher.source
    if source.partition(":")[0] == "train":
        raise UserError(
            f"the teacher is {source}, and the task {task.name} makes one out of an encoder's "
            "vectors: give an encoder of texts, such as --teacher hf:FOLDER."
        )
    if config.teacher.store:
        raise UserError(
            f"store is {config.teacher.store}, and the teacher of the task {task.name} is made of "
            "each data set anew: leave it out."
        )
