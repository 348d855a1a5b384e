"""A few labelled rows, as files give them, for each task of the battery."""

from __future__ import annotations

import itertools

from tests.tasks.toy import Parity
from tfkd.tasks import Task, find

TEXTS = ("a good film", "a bad film, and not a good one", "good", "bad, bad, bad and so on", "no")

ROWS: dict[str, list[dict]] = {
    "text-classification": [
        {"text": text, "label": "good" if "good" in text else "bad"} for text in TEXTS
    ],
    "text-classification of pairs": [
        {"text": one, "text_pair": other, "label": "longer" if len(one) > len(other) else "shorter"}
        for one, other in itertools.pairwise((*TEXTS, "a film"))
    ],
    "tests.tasks.toy:Parity": [{"text": text} for text in TEXTS],
}
"""Labelled rows by task; the first time that a task is added without some, the battery says so."""


def tasks() -> list[Task]:
    """Every registered task of ours, and the toy."""
    from tfkd.tasks import TASKS

    return [*map(find, TASKS), find("text-classification", {"pair": True}), Parity()]


def name_of(task: Task) -> str:
    name = task.name or "tests.tasks.toy:Parity"
    return f"{name} of pairs" if task.reads_pairs else name
