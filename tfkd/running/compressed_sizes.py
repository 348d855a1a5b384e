"""What each compression of a run left of its student: score, parameters and zeros."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .folder import read_json, write_json
from .validation import ValidationSet

FILE = "compressed.json"
BEFORE, CUT, HEALED = "before", "cut", "healed"
"""When a student is measured: before a compression, right after it, and after its training."""


def record_size(folder: Path, when: str, student: Any, checks: ValidationSet) -> None:
    """Measure a student, and write that into the folder of the stage that makes it smaller.

    Args:
        folder: The folder of the stage.
        when: One of `BEFORE`, `CUT`, `HEALED`.
        student: The Keras model.
        checks: The validation examples.
    """
    from ..models.zeros import share_of_zeros

    folder.mkdir(parents=True, exist_ok=True)
    size = {
        "score": checks.measure(student),
        "parameters": student.count_params(),
        "zeros": share_of_zeros(student),
    }
    write_json(folder / FILE, {**read_sizes(folder), when: size})


def read_sizes(folder: Path) -> dict[str, Any]:
    """Return what was measured in the folder of a stage: nothing where nothing was compressed."""
    file = folder / FILE
    return read_json(file) if file.is_file() else {}
