"""Which task a run is for: the one that is named or, where none is, the one that fits."""

from __future__ import annotations

import json
from pathlib import Path

from .. import tasks
from ..data.opening import peek_columns
from ..tasks import Task
from .config import RunConfig


def choose_task(config: RunConfig) -> tuple[Task, str]:
    """Return the task of a run, and why it was chosen: empty where the settings name it.

    Raises:
        UserError: No such task, or a setting that it does not have.
    """
    if config.task.name:
        return tasks.find(config.task.name, config.task_settings), ""
    columns = peek_columns(config.data.source)
    name, why = tasks.infer(_architectures(config.teacher.source), columns)
    return tasks.find(name, config.task_settings), why


def _architectures(teacher: str) -> list[str]:
    """Return the `architectures` of a teacher in a Hugging Face folder; empty for all others."""
    path = Path(teacher.partition(":")[2]).expanduser() / "config.json"
    try:
        names = json.loads(path.read_text(encoding="utf-8")).get("architectures")
    except (OSError, ValueError, AttributeError):
        # No such folder: loading the teacher says what is wrong with it.
        return []
    return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []
