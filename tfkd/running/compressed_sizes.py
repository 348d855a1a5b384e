"""What each compression of a run left of its student: score, parameters and zeros."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..reporting.compression_steps import CompressionStep, CompressionSteps
from .context import RunContext
from .folder import read_json, write_json
from .stages import ALONE, name_folders, name_folders_alone, read_stages
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


def read_steps(context: RunContext) -> CompressionSteps | None:
    """Return the students of a run after each compression; None where nothing was compressed."""
    stages = read_stages(context.config)
    compressed = [stage for stage in stages if stage.part is not None]
    if not compressed:
        return None
    folders = zip(name_folders(stages), stages, strict=True)
    by_student = {"distilled": [name for name, stage in folders if stage.part is not None]}
    by_student[ALONE] = [name for name in name_folders_alone(stages) if name != ALONE]
    sizes = {
        student: [read_sizes(context.folder / name) for name in names]
        for student, names in by_student.items()
    }
    steps = []
    for number, stage in enumerate(compressed):
        titles = {BEFORE: "as trained", CUT: stage.name, HEALED: f"{stage.name}, healed"}
        for when, title in titles.items():
            found = {student: each[number].get(when) for student, each in sizes.items()}
            if ours := found["distilled"]:
                scores = {student: size["score"] for student, size in found.items() if size}
                steps.append(CompressionStep(title, ours["parameters"], ours["zeros"], scores))
    measures, task = context.task.measures, context.task
    measure = measures[task.epochs_by or next(iter(measures))]
    return CompressionSteps(measure, tuple(steps)) if steps else None
