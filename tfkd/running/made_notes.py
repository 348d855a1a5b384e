"""What a reader of scores must know of training texts that were made."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

MADE = "made.json"
"""Says that all texts of a folder are there, and how they were made."""
_WAYS = {
    "random": "are words drawn at random from the teacher's vocabulary",
    "neighbours": "are made from {given:,} that were given",
    "": "are those of {spec}",
}


def notes_on_made(source: str) -> list[str]:
    """Return notes on data whose training texts were made; none for all others.

    Args:
        source: The data of a run.
    """
    path = Path(source) / MADE
    if not source or not path.is_file():
        return []
    facts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    how = _WAYS[facts["way"]].format(**facts)
    notes = [f"The {facts['texts']:,} training texts {how}; the teacher alone says what they are."]
    by_teacher = facts["labelled_by_teacher"]
    if by_teacher:
        notes.append(
            f"The texts of {' and '.join(by_teacher)} are made in the same way, and the teacher "
            "labelled them: scores on them say how well it is imitated on such texts, and nothing "
            "of real ones."
        )
    return notes


def pass_on_notes(source: str, folder: Path) -> None:
    """Copy what is known of made texts to the data that are made of them.

    Args:
        source: The data that were asked about.
        folder: The data that came of it.
    """
    if source and (Path(source) / MADE).is_file():
        shutil.copyfile(Path(source) / MADE, folder / MADE)
