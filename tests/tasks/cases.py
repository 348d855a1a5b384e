"""A few labelled rows, as files give them, for each task of the battery."""

from __future__ import annotations

from tests.tasks.toy import Parity
from tfkd.tasks import Task, find

TEXTS = ("a good film", "a bad film, and not a good one", "good", "bad, bad, bad and so on", "no")

ROWS: dict[str, list[dict]] = {
    "text-classification": [
        {"text": text, "label": "good" if "good" in text else "bad"} for text in TEXTS
    ],
    "tests.tasks.toy:Parity": [{"text": text} for text in TEXTS],
}
"""Labelled rows by task; the first time that a task is added without some, the battery says so."""


def tasks() -> list[Task]:
    """Every registered task of ours, and the toy."""
    from tfkd.tasks import TASKS

    return [*map(find, TASKS), Parity()]


def name_of(task: Task) -> str:
    return task.name or "tests.tasks.toy:Parity"
