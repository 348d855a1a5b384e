"""The task of an exported file: one that is registered, or that the caller trusts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .. import tasks
from ..errors import UserError
from ..tasks import Task


def task_of_file(settings: Mapping[str, Any], wanted: Task | str | None, path: str | Path) -> Task:
    """Return the task of a file: one that is registered, or that the caller hands over.

    Args:
        settings: Those inside the file.
        wanted: A task, its name or the import path of its class; None for that of the file.
        path: The file.

    Raises:
        UserError: It is not installed, or another one than is wanted.
    """
    name = settings["task"]
    if wanted is None:
        # A file may come from anybody: what it names is imported only where it is registered.
        if not tasks.is_registered(name):
            raise UserError(
                f"{path} is for the task {name}, which is not installed: install its package, or "
                f"give task={name!r} (on the command line --task) if you trust it."
            )
        return _with_settings(tasks.find(name), settings)
    task = tasks.find(wanted) if isinstance(wanted, str) else wanted
    if name not in (wanted, tasks.name_of(task), tasks.import_path(task)):
        raise UserError(
            f"{path} is for the task {name}, and task is {tasks.name_of(task)}: leave it out."
        )
    return _with_settings(task, settings)


def _with_settings(task: Task, settings: Mapping[str, Any]) -> Task:
    """Return the same task with those settings of the file that it knows."""
    values = settings["schema"]["settings"]
    return type(task)({key: values[key] for key in task.defaults if key in values})
