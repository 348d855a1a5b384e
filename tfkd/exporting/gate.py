"""The figures of a file against its student, and the gate that they must pass."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import UserError
from ..runtime.quantisations import FLOAT32, Quantization

ENOUGH = 100
"Examples of which a share of agreement says something."
_NO_CURE = "export as `.keras`, or allow more with `tolerance` or `max_drop`"


class Differs(UserError):
    """A file that does not compute what its student does: `why`, and the kind that would pass."""

    def __init__(self, why: str, instead: str | None = None) -> None:
        cure = f'quantize="{instead}" passes' if instead else _NO_CURE
        super().__init__(f"{why}. Nothing was written: {cure}.")
        self.why, self.instead = why, instead


@dataclass(frozen=True)
class Difference:
    """How far an output of a file is from that of its student.

    Attributes:
        name: The output's name.
        max_difference: The greatest difference of two numbers.
        mean_difference: Their mean difference.
        scale: The student's greatest number, without sign.
    """

    name: str
    max_difference: float
    mean_difference: float
    scale: float


@dataclass(frozen=True)
class Figures:
    """A file against its student.

    Attributes:
        checked: Number of examples.
        differences: Of each output, the first one answers.
        agreement: Share of examples (or positions) with the same answer.
        widest_flip: The student's margin, at most, where answers differ.
        between_0_and_1: Whether each output of the student is.
        sum_to_1: Whether the student's outputs of each example are probabilities of classes.
        score: Headline of the file, where there are labels.
        keras_score: The same of the student.
        scores: All measures of the task of the file, where there are labels.
        keras_scores: The same of the student.
        points: What a difference of scores is multiplied with, to get points that are lost.
        headline: What the score is called.
        step_difference: Of a file that writes, the greatest difference of a logit of its steps and
            of the same one of a pass over the whole text.
        written: Texts that both wrote.
        same_texts: The share of these that are equal, token for token.
        unequal_texts: How many are not, though the student did not hold both nearly equally likely.
        kept_weights: Numbers that the file stores in integers, and that are the student's own.
    """

    checked: int
    differences: tuple[Difference, ...]
    agreement: float
    widest_flip: float
    between_0_and_1: bool
    sum_to_1: bool
    score: float | None = None
    keras_score: float | None = None
    scores: dict[str, float] = field(default_factory=dict)
    keras_scores: dict[str, float] = field(default_factory=dict)
    points: float = 100.0
    headline: str = "accuracy"
    step_difference: float | None = None
    written: int = 0
    same_texts: float | None = None
    unequal_texts: int = 0
    kept_weights: int = 0

    @property
    def max_difference(self) -> float:
        """The greatest difference of two numbers of any output."""
        # Not `max`, which would forget NaN.
        return float(np.max([difference.max_difference for difference in self.differences]))

    @property
    def score_lost(self) -> float | None:
        """Points by which the student's score is better; None where the labels say no score.

        Too few labels may say none, which is NaN of file and student alike.
        """
        if self.score is None or self.keras_score is None:
            return None
        known = math.isfinite(self.score) or math.isfinite(self.keras_score)
        return self.points * (self.keras_score - self.score) if known else None


def check_allowed(tolerance: Any, max_drop: Any) -> None:
    """Refuse what no difference and no loss could be compared with.

    Args:
        tolerance: Of `check_figures`.
        max_drop: Of `check_figures`.

    Raises:
        UserError: No number, NaN, or an infinite one.
    """
    _check_finite("tolerance", tolerance, "a share of the greatest output, e.g. 0.05")
    _check_finite("max_drop", max_drop, "points of the score that may be lost, e.g. 0.3")


def _check_finite(name: str, value: Any, wanted: str) -> None:
    try:
        known = value is None or math.isfinite(value)
    except (TypeError, OverflowError):
        known = False
    if not known:
        raise UserError(f"{name} is {value!r:.40}: write {wanted}, or leave {name} out.")


def check_figures(
    figures: Figures,
    kind: Quantization,
    tolerance: float | None = None,
    max_drop: float | None = None,
) -> None:
    """Let the file pass, or say why not.

    The greatest difference (of integers: the mean) is at most `tolerance` times the scale. The
    share of equal answers is at least that of the kind; of fewer than 100 examples instead, each
    may change its answer only where the student's own margin is within twice the tolerance. The
    score is at most `max_drop` points below the student's; without labels, at most as many in a
    hundred change their answer. Steps of a file that writes are as near to its own whole pass, and
    in float32 the texts are equal.

    Args:
        figures: What `compare` found.
        kind: How the file stores its numbers.
        tolerance: In place of the kind's own.
        max_drop: Points of the score that may be lost; None does not ask.

    Raises:
        Differs: The figures.
    """
    share = kind.tolerance if tolerance is None else tolerance
    allowed = share * figures.differences[0].scale
    faults = [
        *_faults_of_outputs(figures, kind, share),
        *_faults_of_answers(figures, kind, allowed),
        *_faults_of_writing(figures, kind, allowed),
    ]
    lost, what = _points_lost(figures)
    # As all comparisons here: NaN is no number that passes.
    if max_drop is not None and not lost <= max_drop:
        faults.append(f"{lost:.2f} points of {what} are lost, allowed {max_drop}")
    if faults:
        raise Differs(
            f"the {kind.name} file does not compute what the student computes: on "
            f"{figures.checked} examples {figures.agreement:.2%} equal answers; "
            f"{'; '.join(faults)}"
        )


def _faults_of_outputs(figures: Figures, kind: Quantization, share: float) -> list[str]:
    """Return which outputs differ too much."""
    measure = "max" if kind.by_greatest else "mean"
    faults = []
    for output in figures.differences:
        allowed = share * output.scale
        difference = output.max_difference if kind.by_greatest else output.mean_difference
        if np.isnan(difference):
            faults.append(f"{output.name} is NaN")
        elif not difference <= allowed:
            faults.append(
                f"the {measure} difference of {output.name} is {difference:.3g}, allowed "
                f"{allowed:.3g}"
            )
    return faults


def _faults_of_answers(figures: Figures, kind: Quantization, allowed: float) -> list[str]:
    """Return whether too many answers change, or one of which the student is sure."""
    faults = []
    if figures.checked < ENOUGH and not figures.widest_flip <= 2 * allowed:
        faults.append(f"a class changes that the student holds by {figures.widest_flip:.3g}")
    if figures.checked >= ENOUGH and not figures.agreement >= kind.agreement:
        faults.append(f"the share of equal answers must be {kind.agreement:.0%}")
    return faults


def _faults_of_writing(figures: Figures, kind: Quantization, allowed: float) -> list[str]:
    """Return what is wrong with how a file writes, of one that does."""
    faults = []
    if figures.step_difference is not None and not figures.step_difference <= allowed:
        faults.append(
            f"a step differs from the pass over the whole text by {figures.step_difference:.3g}, "
            f"allowed {allowed:.3g}"
        )
    if figures.unequal_texts and kind.tolerance <= FLOAT32.tolerance:
        faults.append(f"{figures.unequal_texts} of {figures.written} texts are written otherwise")
    return faults


def _points_lost(figures: Figures) -> tuple[float, str]:
    """Return the loss of score in percentage points, of equal answers without one; and of what."""
    if figures.score_lost is None:
        return 100 * (1 - figures.agreement), "equal answers"
    return figures.score_lost, figures.headline
