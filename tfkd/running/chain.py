"""A chain in one run: the teacher teaches an assistant, which teaches the next one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .. import students
from ..errors import UserError
from .config import RunConfig


def plan_assistants(config: RunConfig, folder: Path, store: str = "") -> list[RunConfig]:
    """Return the settings of the runs of a chain before its last one.

    Each begins with other weights, so that a student of the same kind is a born-again network; all
    split the data alike.

    Args:
        config: The settings of the last run, which name the teacher of the first one.
        folder: The folder of the last run; each of the others gets one inside of it.
        store: The folder of the first teacher's outputs; empty for the default.
    """
    runs: list[RunConfig] = []
    for number, student in enumerate(read_assistants(config), 1):
        changes: dict[str, Any] = {
            "student": student,
            "teacher": f"keras:{runs[-1].to}" if runs else config.teacher.source,
            "teacher_epochs": 0 if runs else config.teacher.epochs,
            "teacher_learning_rate": 0.0 if runs else config.teacher.learning_rate,
            "teacher_tune": "" if runs else config.teacher.tune,
            "teacher_labels": "" if runs else config.teacher.labels,
            "store": "" if runs else store,
            "student_settings": {"seed": config.training.seed + number},
            "to": str(folder / f"assistant-{number}"),
        }
        runs.append(as_assistant(config).replaced(assistant="", alone=False, **changes))
    return runs


def as_assistant(config: RunConfig) -> RunConfig:
    """Return the settings without those of the last student alone, the only one made smaller."""
    stages = [stage for stage in config.training.stage if "compress" not in stage]
    of_last = {"student_settings": {}, "compress": [], "compress_epochs": 0, "stage": stages}
    return config.replaced(freeze="", tune="", layer_decay=1.0, perturb=[], **of_last)


def configure_last(config: RunConfig, folder: Path) -> RunConfig:
    """Return the settings of the run after its assistants, whose teacher is the last of them."""
    runs = plan_assistants(config, folder)
    if not runs:
        return config
    # An assistant has the classes of the data, in their order.
    texts = dict.fromkeys(("teacher_labels", "teacher_tune", "store"), "")
    unused = {**texts, "teacher_epochs": 0, "teacher_learning_rate": 0.0}
    return config.replaced(teacher=f"keras:{runs[-1].to}", **unused)


def read_assistants(config: RunConfig) -> list[str]:
    """Return the names of the assistants, in their order.

    Raises:
        UserError: An empty name, or a student that does not exist.
    """
    if not config.student.assistant:
        return []
    if config.student.source.startswith("shrink:"):
        raise UserError(
            f"{config.student.source} is made of its teacher's layers, and the assistant "
            f"{config.student.assistant} has none of that kind: leave the assistant out."
        )
    assistants = [name.strip() for name in config.student.assistant.split(",")]
    for assistant in assistants:
        name, _, size = assistant.partition(":")
        if name not in students.NAMES or size not in ("", *students.SIZES):
            raise UserError(
                f"assistant={config.student.assistant!r}: write NAME or NAME:SIZE, several with "
                f"commas; NAME is one of {', '.join(students.NAMES)}."
            )
    return assistants
