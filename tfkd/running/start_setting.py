"""The setting `start`: what a student begins with."""

from __future__ import annotations

from .. import students
from ..errors import UserError
from .config import RunConfig

TEACHER, RANDOM = "teacher", "random"


def check_start(config: RunConfig) -> None:
    """Refuse a start from the teacher of a student or a teacher that has none.

    Raises:
        UserError: Another student than those with tables of pieces, or a teacher trained here.
    """
    if config.student.start != TEACHER:
        return
    if config.student.from_run:
        raise UserError(
            f"start is {TEACHER} and the student starts from the run {config.student.from_run}: "
            "leave one of both out."
        )
    source, teacher = config.student.source, config.teacher.source
    if not students.has_table(source):
        raise UserError(
            f"start is {TEACHER} and the student {source}: only {', '.join(students.WITH_TABLE)} "
            "starts from vectors of its teacher; leave it out."
        )
    if teacher.partition(":")[0] == "train" and not teacher.startswith("train:hf"):
        raise UserError(
            f"start is {TEACHER} and the teacher {teacher} is trained in this run, after its "
            "student was made: give one that is trained already, or leave it out."
        )
