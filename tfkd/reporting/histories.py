"""The numbers of each epoch, as the trainings of a run wrote them down."""

from __future__ import annotations

import math
from pathlib import Path

from ..running.training import history


def histories(folder: Path) -> list[dict]:
    """Each training of a run by its folder, `distilled` or `teacher/member-0`: its epochs."""
    files = (each.relative_to(folder) for each in folder.rglob("history.jsonl"))
    ordered = sorted(files, key=lambda file: (len(file.parts), file.parts[0] == "alone", file))
    names = (file.parent.as_posix() for file in ordered)
    found = [{"name": name, "epochs": [*map(_finite, history(folder / name))]} for name in names]
    return [each for each in found if each["epochs"]]


def _finite(epoch: dict) -> dict:
    """Without what no JSON can say, and no plot show.

    >>> _finite({"epoch": 1, "loss": float("nan")})
    {'epoch': 1}
    """
    return {name: value for name, value in epoch.items() if math.isfinite(value)}
