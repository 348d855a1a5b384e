"""Further files of a run's student, which `tfkd export RUN --quantize ...` wrote."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from ..running.rows import exported_row
from .answers import Answers

if TYPE_CHECKING:
    from ..run import Run


def other_files(run: Run, answers: Answers) -> list[dict]:
    """A row for each `student-*.tflite`, scored on all test texts and timed now."""
    teacher = answers.teacher if len(answers.texts) == run.data.counts["test"] else None
    files = sorted(run.folder.glob("student-*.tflite"))
    labels = run.encoded("test").labels if files else None
    return [dataclasses.asdict(exported_row(run, file, labels, teacher)) for file in files]
