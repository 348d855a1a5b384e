"""What `tfkd.export` returns: a written file, and how it compares with its student."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ..tasks import Measure


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
        note: What a caller should know of the file, or nothing: that it stayed float32, or is
            larger than its parameters, and why.
        written: Of a student that writes, the number of texts that both wrote; then `agreement` is
            the share of places of given texts where both hold the same token likeliest (or one that
            is about as likely to the student), and scores are those of what was written.
        same_texts: The share of these texts that are equal, token for token.
        step_difference: The greatest difference of a logit of a step and of the same one of a pass
            over the whole text, both of the file.
        measure: How the headline is shown; None shows it as a bare number.
        kept_weights: Numbers that the file stores in integers and that are the student's own, to
            1e-6 and but for normalisations that are multiplied into them: those of a student that
            was trained on the grid of this kind.
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
    written: int = 0
    same_texts: float | None = None
    step_difference: float | None = None
    measure: Measure | None = None
    kept_weights: int = 0

    @property
    def calibration(self) -> float | None:
        """The file's expected calibration error, of a classifier checked on labelled examples."""
        return self.scores.get("ece")

    @property
    def keras_calibration(self) -> float | None:
        """The same of the student."""
        return self.keras_scores.get("ece")

    def spell_writing(self) -> str:
        """Return what both wrote, as the end of a sentence; nothing of a student that only reads.

        >>> from pathlib import Path
        >>> file = Exported(
        ...     Path("a.tflite"),
        ...     "litert",
        ...     "int8",
        ...     10,
        ...     100,
        ...     0.1,
        ...     0.99,
        ...     0.312,
        ...     0.313,
        ...     scores={"bleu": 0.312},
        ...     written=100,
        ...     same_texts=0.97,
        ...     measure=Measure("BLEU", "points"),
        ... )
        >>> file.spell_writing()
        '; of 100 texts it writes 97.00 % token for token as Keras does, BLEU 31.20 against 31.30'
        """
        if self.same_texts is None:
            return ""
        spelled = (
            f"; of {self.written} texts it writes {100 * self.same_texts:.2f} % token for token as "
            "Keras does"
        )
        if self.score is None or self.keras_score is None:
            return spelled
        measure = self.measure or Measure(next(iter(self.scores)), "number")
        own, keras_score = measure.format(self.score), measure.format(self.keras_score)
        return f"{spelled}, {measure.title} {own} against {keras_score}"
