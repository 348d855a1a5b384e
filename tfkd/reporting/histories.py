"""The numbers of each epoch, as the trainings of a run wrote them down."""

from __future__ import annotations

from pathlib import Path

from ..running.training import history


def histories(folder: Path) -> list[dict]:
    """Each training of a run by its folder, `distilled` or `teacher/member-0`: its epochs."""
    files = (each.relative_to(folder) for each in folder.rglob("history.jsonl"))
    ordered = sorted(files, key=lambda file: (len(file.parts), file.parts[0] == "alone", file))
    names = (file.parent.as_posix() for file in ordered)
    found = [{"name": name, "epochs": history(folder / name)} for name in names]
    return [each for each in found if each["epochs"]]
