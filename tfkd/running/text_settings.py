"""The settings of a run that say something of texts, and of nothing else."""

from __future__ import annotations

from .. import students, teachers
from ..errors import UserError
from ..tasks import Task
from .config import RunConfig
from .own_teacher import fine_tunes

OF_TEXTS = (
    *("tokenizer", "vocab_size", "lowercase", "max_length", "teacher_max_length", "augment"),
    *("augment_model", "baseline", "text_column", "ignore_texts", "header", "encoding"),
)


def check_text_settings(config: RunConfig, task: Task) -> None:
    """Refuse settings of texts for a task that reads none.

    Raises:
        UserError: The first of them, or a student or teacher that reads texts alone.
    """
    if task.reads_texts:
        return
    given, defaults = config.flat(), RunConfig().flat()
    for name in OF_TEXTS:
        if given[name] != defaults[name]:
            raise UserError(
                f"{name} is {given[name]!r}, and the task {task.name} reads {task.things} and no "
                "texts: leave it out."
            )
    if config.student.source.partition(":")[0] == "shrink":
        raise UserError(
            f"{config.student.source} copies layers of a model of texts, and the task {task.name} "
            f"reads {task.things}: write --student {students.names_for(task)[0]}:small, say."
        )
    teacher = config.teacher.source
    if fine_tunes(teacher) or teacher.partition(":")[0] != "train":
        teachers.check_reads(teacher, task)
