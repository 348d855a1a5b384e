"""How long each epoch of a training took, in a file next to its history."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from ..files import replace_when_whole

FILE = "seconds.json"


def record_epoch(folder: Path, epoch: int, seconds: float) -> None:
    """Write how long an epoch took; one that is trained again replaces what was written.

    Of an epoch that was interrupted and resumed, the time since it was resumed counts.

    Args:
        folder: The folder of the training.
        epoch: Its number, from 1.
        seconds: Its duration.
    """
    known = {**_read(folder), str(epoch): round(seconds, 3)}
    with replace_when_whole(folder / FILE) as part:
        part.write_text(json.dumps(known), encoding="utf-8")


def sum_seconds(folders: Iterable[Path]) -> float | None:
    """Return how long some trainings took together, or `None` where nothing was written."""
    known = [seconds for folder in folders for seconds in _read(folder).values()]
    return sum(known) if known else None


def _read(folder: Path) -> dict[str, float]:
    try:
        return json.loads((folder / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
