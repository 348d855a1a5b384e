"""Which task a run is for: the one that is named or, where none is, the one that fits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .. import tasks
from ..data.opening import peek_row
from ..tasks import Task
from .config import RunConfig


def choose_task(config: RunConfig) -> tuple[Task, str]:
    """Return the task of a run, and why it was chosen: empty where the settings name it.

    Raises:
        UserError: No such task, or a setting that it does not have.
    """
    wanted, settings = config.task, config.task_settings
    if wanted.form:
        return tasks.find_form(wanted.form, wanted.name, settings), ""
    if wanted.name:
        return tasks.find(wanted.name, settings), ""
    by_files = tasks.infer_by_files(Path(config.data.source).expanduser())
    if by_files:
        found = tasks.find(by_files, settings)
        return found, f"the data are {found.things}"
    row = peek_row(config.data.source)
    label = next((row[name] for name in _label_columns(config) if name in row), None)
    teacher = _read_teacher(config.teacher.source)
    names = teacher.get("architectures")
    name, why = tasks.infer(
        [name for name in names if isinstance(name, str)] if isinstance(names, list) else [],
        tuple(row),
        problem_type=str(teacher.get("problem_type") or ""),
        label=label,
    )
    return tasks.find(name, settings), why


def with_task(config: RunConfig, task: Task) -> RunConfig:
    """Return the settings with the task that was chosen in place of a form, and with a student.

    A teacher that is trained without a name is an ensemble for texts, and else the largest student.
    """
    from ..students import names_for

    default, teacher = names_for(task)[0], config.teacher.source
    if teacher == "train" and not task.reads_texts:
        teacher = f"train:{default}:base"
    student = config.student.source or default
    return config.replaced(task=task.name, form="", student=student, teacher=teacher)


def _label_columns(config: RunConfig) -> list[str]:
    """Return what the column of labels may be called."""
    named = config.data.label_column or config.columns.get("label")
    return [named] if named else ["label", "labels"]


def _read_teacher(teacher: str) -> dict[str, Any]:
    """Return the configuration of a teacher in a Hugging Face folder; empty for all others."""
    path = Path(teacher.partition(":")[2]).expanduser() / "config.json"
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        # No such folder: loading the teacher says what is wrong with it.
        return {}
    return values if isinstance(values, dict) else {}
