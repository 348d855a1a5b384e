"""A chain in one run: the teacher teaches an assistant, which teaches the next one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .. import students
from ..errors import UserError
from .config import RunConfig


def plan_assistants(config: RunConfig, folder: Path, store: str = "") -> list[RunConfig]:
    """The runs of a chain before its last one, each in a folder of its own inside `folder`.

    The first one's teacher is the run's, whose outputs are in `store`. Each begins with
    other weights, so that a student of the same kind is a born-again network; the split of the
    data is the run's.
    """
    made: list[RunConfig] = []
    for number, student in enumerate(read_assistants(config), 1):
        changes: dict[str, Any] = {
            "student": student,
            "teacher": f"keras:{made[-1].to}" if made else config.teacher.source,
            "store": "" if made else store,
            "student_settings": {"seed": config.training.seed + number},
            "to": str(folder / f"assistant-{number}"),
        }
        made.append(config.replaced(assistant="", alone=False, **changes))
    return made


def configure_last(config: RunConfig, folder: Path) -> RunConfig:
    """The run behind its assistants, whose teacher is the last of them."""
    before = plan_assistants(config, folder)
    return config.replaced(teacher=f"keras:{before[-1].to}", store="") if before else config


def read_assistants(config: RunConfig) -> list[str]:
    """The assistants, in their order.

    Raises:
        UserError: an empty one, a student that there is not.
    """
    if not config.student.assistant:
        return []
    if config.student.source.startswith("shrink:"):
        raise UserError(
            f"{config.student.source} is made of its teacher's layers, and the assistant "
            f"{config.student.assistant} has none of that kind: leave the assistant out."
        )
    found = [each.strip() for each in config.student.assistant.split(",")]
    for each in found:
        name, _, size = each.partition(":")
        if name not in students.STUDENTS or size not in ("", *students.SIZES):
            raise UserError(
                f"assistant={config.student.assistant!r}: write NAME or NAME:SIZE, several with "
                f"commas; NAME is one of {', '.join(students.STUDENTS)}."
            )
    return found
