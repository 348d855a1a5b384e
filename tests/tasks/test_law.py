"""A task is one folder: nothing outside of `tfkd/tasks/` knows one by name or by class."""

import re
from pathlib import Path

from tfkd.tasks import TASKS

PACKAGE = Path(__file__).resolve().parents[2] / "tfkd"
# Those that are planned count too: a name that is written too early is written in the wrong place.
NAMES = re.compile(
    "|".join(
        [
            *map(re.escape, TASKS),
            *("token-classification", "question-answering", "translation", "summarization"),
            *("sentence-similarity", "image-classification", "audio-classification"),
            *("text2text-generation", "text-generation"),
        ]
    )
)
ASKED = re.compile(r"isinstance\(\s*(?:[\w.]*\.)?task\b")


def test_nothing_outside_of_tasks_names_a_task():
    """The second task costs seventy files, where the first one has spread."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        if path.relative_to(PACKAGE).parts[0] == "tasks":
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if NAMES.search(line) or ASKED.search(line):
                found.append(f"{path.relative_to(PACKAGE)}:{number} {line.strip()}")
    assert found == []
