"""What `tfkd.export` returns: a written file, and how it compares with its student."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Exported:
    """A written file and how it compares with its Keras student.

    Attributes:
        path: The file, or the folder of a SavedModel.
        format: "litert", "keras", "onnx" or "saved_model".
        quantize: How a LiteRT file stores its numbers: "float32" where no layer is large enough for
            what was asked for.
        bytes: Size on disk.
        checked: Number of examples that both were run on.
        max_difference: The greatest difference of two outputs.
        agreement: Share of examples with the same answer.
        score: The task's headline of the file where the examples had labels, else None: accuracy
            of a classifier.
        keras_score: The same of the student.
        scores: All measures of the task of the file, where the examples had labels.
        keras_scores: The same of the student.
        note: What a caller should know of the file, or nothing: that it stayed float32, and why.
    """

    path: Path
    format: str
    quantize: str | None
    bytes: int
    checked: int
    max_difference: float
    agreement: float
    score: float | None
    keras_score: float | None
    scores: dict[str, float] = field(default_factory=dict)
    keras_scores: dict[str, float] = field(default_factory=dict)
    note: str = ""

    @property
    def calibration(self) -> float | None:
        """The file's expected calibration error, of a classifier checked on labelled examples."""
        return self.scores.get("ece")

    @property
    def keras_calibration(self) -> float | None:
        """The same of the student."""
        return self.keras_scores.get("ece")
