"""Does a file compute what the student computes? Figures, and the gate it must pass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..errors import UserError
from ..tasks.text_classification.scores import calibration_error, probabilities
from .checks import Checks

Model = Callable[[dict[str, np.ndarray]], np.ndarray]

# The greatest difference of logits, as a share of the greatest logit. Of integers it is the mean
# difference: single logits move much further without harm, which the agreement watches over.
TOLERANCE = {"float32": 1e-3, "float16": 5e-2, "int16x8": 5e-2, "int8": 5e-2}
TOLERANCE |= {"full-int8": 5e-2, "int4": 1e-1}
AGREEMENT = {"float32": 0.99, "float16": 0.99, "int16x8": 0.98, "int8": 0.98}
AGREEMENT |= {"full-int8": 0.97, "int4": 0.96}
_GREATEST = ("float32", "float16")
# The converter writes -inf as the lowest float32, and in float16 -1e9 as -65504: beyond this, all
# are a masked class.
MASKED = 6.5e4
ENOUGH = 100  # checks for which a share of agreement says something


class Differs(UserError):
    """A file that does not compute what its student does: `why`, and the kind that would pass."""

    def __init__(self, why: str, instead: str | None = None):
        cure = f'quantize="{instead}" passes' if instead else _NO_CURE
        super().__init__(f"{why}. Nothing was written: {cure}.")
        self.why, self.instead = why, instead


_NO_CURE = "export as `.keras`, or allow more with `tolerance` or `max_drop`"


@dataclass(frozen=True)
class Figures:
    """A file against its student, on `checked` examples. Differences are of logits."""

    checked: int
    max_difference: float
    mean_difference: float
    scale: float  # the greatest logit of the student, without sign
    agreement: float  # share of examples (or positions) with the same greatest class
    widest_flip: float  # the student's margin, at most, where the classes differ
    score: float | None  # accuracy of the file, where there are labels
    keras_score: float | None
    calibration: float | None  # the file's expected calibration error, where there are labels
    keras_calibration: float | None
    between_0_and_1: bool  # each output of the student
    sum_to_1: bool  # and those of each example


def compare(student: Model, file: Model, checks: Checks, binary: bool = False) -> Figures:
    """Run both on the same micro-batches.

    `binary`: one logit, class 1 above zero. Masked classes (-inf, -1e9) differ by nothing.
    """
    want, got = (_all(model, checks) for model in (student, file))
    if np.isnan(want).any():
        raise UserError("the student returns NaN on the inputs to check on: train it again.")
    difference = np.abs(want - got)
    finite = np.abs(want[np.abs(want) < MASKED])
    theirs, ours = _classes(want, binary), _classes(got, binary)
    return Figures(
        checked=len(want),
        max_difference=float(difference.max()),
        mean_difference=float(difference.mean()),
        scale=float(finite.max(initial=0.0)),
        agreement=float(np.mean(theirs == ours)),
        widest_flip=float(_margin(want, ours, binary).max()),
        score=_accuracy(ours, checks.labels),
        keras_score=_accuracy(theirs, checks.labels),
        calibration=_calibration(got, checks.labels, binary),
        keras_calibration=_calibration(want, checks.labels, binary),
        between_0_and_1=bool(((want >= 0) & (want <= 1)).all()),
        sum_to_1=_sum_to_1(want),
    )


def gate(
    figures: Figures, quantize: str, tolerance: float | None = None, max_drop: float | None = None
) -> None:
    """Let the file pass, or say why not.

    The greatest difference (of integers: the mean) is at most `tolerance` times the scale, by
    default `TOLERANCE`. The share of equal classes is at least `AGREEMENT`; of fewer than 100
    examples instead, each may change its class only where the student's own margin between the
    two is within twice the tolerance. The score is at most `max_drop` points below the student's;
    without labels, at most as many in a hundred change their class.

    Raises:
        Differs: the figures.
    """
    allowed = (TOLERANCE[quantize] if tolerance is None else tolerance) * figures.scale
    kind = "max" if quantize in _GREATEST else "mean"
    difference = getattr(figures, f"{kind}_difference")
    faults = []
    if not difference <= allowed:  # True for NaN
        faults.append(f"the {kind} difference of logits is {difference:.3g}, allowed {allowed:.3g}")
    if figures.checked < ENOUGH and figures.widest_flip > 2 * allowed:
        faults.append(f"a class changes that the student holds by {figures.widest_flip:.3g}")
    if figures.checked >= ENOUGH and figures.agreement < AGREEMENT[quantize]:
        faults.append(f"the share of equal classes must be {AGREEMENT[quantize]:.0%}")
    if max_drop is not None and _drop(figures) > max_drop:
        what = "of equal classes" if figures.score is None else "of accuracy"
        faults.append(f"{_drop(figures):.2f} points {what} are lost, allowed {max_drop}")
    if faults:
        raise Differs(
            f"the {quantize} file does not compute what the student computes: on "
            f"{figures.checked} examples {figures.agreement:.1%} equal classes; "
            f"{'; '.join(faults)}"
        )


def _drop(figures: Figures) -> float:
    """In points, so many of a hundred examples."""
    if figures.score is None or figures.keras_score is None:
        return 100 * (1 - figures.agreement)
    return 100 * (figures.keras_score - figures.score)


def _all(model: Model, checks: Checks) -> np.ndarray:
    outputs = np.concatenate([np.asarray(model(feed), np.float64) for feed in checks.batches])
    return np.clip(outputs, -MASKED, MASKED)


def _classes(logits: np.ndarray, binary: bool) -> np.ndarray:
    return (logits[..., 0] > 0).astype(int) if binary else logits.argmax(-1)


def _margin(want: np.ndarray, ours: np.ndarray, binary: bool) -> np.ndarray:
    """How far the student holds its class above the one that the file chose."""
    if binary:
        return np.where(_classes(want, binary) == ours, 0.0, np.abs(want[..., 0]))
    chosen = np.take_along_axis(want, ours[..., None], axis=-1)[..., 0]
    return np.where(want.argmax(-1) == ours, 0.0, want.max(-1) - chosen)


def _sum_to_1(outputs: np.ndarray) -> bool:
    return bool((outputs >= 0).all() and np.allclose(outputs.sum(-1), 1.0, atol=1e-4))


def _accuracy(classes: np.ndarray, labels: np.ndarray | None) -> float | None:
    return None if labels is None else float(np.mean(classes == labels))


def _calibration(logits: np.ndarray, labels: np.ndarray | None, binary: bool) -> float | None:
    if labels is None or logits.ndim != 2:
        return None
    if binary:
        logits = np.concatenate([np.zeros_like(logits), logits], axis=-1)
    likely = logits if _sum_to_1(logits) else probabilities(logits)
    return float(calibration_error(likely.max(axis=-1), likely.argmax(-1) == labels))
