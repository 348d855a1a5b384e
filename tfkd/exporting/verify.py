"""Does a file compute what the student computes? Figures, and the gate it must pass."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import UserError
from ..runtime.activations import undo_activation
from ..runtime.quantisations import Quantization
from ..tasks import Arrays, Run
from .check_data import Checks, checks_of_rows

Outputs = dict[str, np.ndarray]
Model = Callable[[dict[str, np.ndarray]], Outputs]
"""Outputs by name, `[batch, ...]`, from arrays by input name."""

MASKED = 6.5e4
"""Beyond this, all are a masked class: the converter writes -inf as the lowest float32, and in
float16 -1e9 as -65504."""
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
class Figures:
    """A file against its student.

    Attributes:
        checked: Number of examples.
        max_difference: The greatest difference of two outputs.
        mean_difference: Their mean difference.
        scale: The student's greatest output, without sign.
        agreement: Share of examples (or positions) with the same answer.
        widest_flip: The student's margin, at most, where answers differ.
        between_0_and_1: Whether each output of the student is.
        sum_to_1: Whether the student's outputs of each example are probabilities of classes.
        score: Headline of the file, where there are labels.
        keras_score: The same of the student.
        scores: All measures of the task of the file, where there are labels.
        keras_scores: The same of the student.
        points: What a difference of scores is multiplied with, to get points that are lost.
    """

    checked: int
    max_difference: float
    mean_difference: float
    scale: float
    agreement: float
    widest_flip: float
    between_0_and_1: bool
    sum_to_1: bool
    score: float | None = None
    keras_score: float | None = None
    scores: dict[str, float] = field(default_factory=dict)
    keras_scores: dict[str, float] = field(default_factory=dict)
    points: float = 100.0


def compare(student: Model, file: Model, checks: Checks) -> Figures:
    """Run both models on the same batches, and compare their outputs and answers.

    Masked classes (-inf, -1e9) differ by nothing.

    Args:
        student: What the file has to compute.
        file: What it computes.
        checks: The batches, with the task and its examples where there is one.

    Raises:
        UserError: The student returns NaN.
    """
    wanted, got = (_run(model, checks) for model in (student, file))
    if any(np.isnan(array).any() for batch in wanted for array in batch.values()):
        raise UserError("the student returns NaN on the inputs to check on: train it again.")
    logits = [next(iter(batch.values())) for batch in wanted]
    sum_to_1 = all(map(_sum_to_1, logits))
    if checks.examples and checks.context.task is not None:
        activation = "softmax" if sum_to_1 else None
        models = tuple(
            _Remembered(model, outputs, checks, activation)
            for model, outputs in ((student, wanted), (file, got))
        )
        answers = _by_task(wanted, got, models, checks)
    else:
        answers = _by_class(wanted, got, checks.context.binary)
    return Figures(
        checked=checks.count,
        **_differences(wanted, got),
        **answers,
        between_0_and_1=all(((array >= 0) & (array <= 1)).all() for array in logits),
        sum_to_1=sum_to_1,
    )


def _run(model: Model, checks: Checks) -> list[Outputs]:
    return [
        {
            name: np.clip(np.asarray(array, np.float64), -MASKED, MASKED)
            for name, array in model(feed).items()
        }
        for feed in checks.batches
    ]


def _differences(wanted: Sequence[Outputs], got: Sequence[Outputs]) -> dict[str, Any]:
    """Return the differences of that output which is furthest off, measured by its scale."""
    worst: tuple[float, dict[str, Any]] = (-1.0, {})
    for name in wanted[0]:
        student, file = (_flat([batch[name] for batch in each]) for each in (wanted, got))
        difference = np.abs(student - file)
        finite = np.abs(student[np.abs(student) < MASKED])
        scale = float(finite.max(initial=0.0))
        figures = {
            "max_difference": float(difference.max()),
            "mean_difference": float(difference.mean()),
            "scale": scale,
        }
        share = figures["max_difference"] / max(scale, 1e-30)
        # NaN is the worst of all.
        if not share <= worst[0]:
            worst = share, figures
    return worst[1]


def _flat(arrays: Sequence[np.ndarray]) -> np.ndarray:
    return np.concatenate([array.reshape(-1) for array in arrays])


class _Remembered:
    """A model as a function of rows, which has run the rows of the check already."""

    def __init__(
        self, model: Model, outputs: Sequence[Outputs], checks: Checks, activation: str | None
    ) -> None:
        self._model, self._checks, self._activation = model, checks, activation
        self._rows = [row for rows in checks.rows for row in rows]
        self._outputs = checks.by_row(outputs)

    def __call__(self, rows: Sequence[Arrays]) -> list[Arrays]:
        outputs = self._outputs
        if list(map(id, rows)) != list(map(id, self._rows)):
            assert self._checks.feeder is not None
            inputs = self._checks.feeder.inputs
            checks = checks_of_rows([[row] for row in rows], self._checks.context, inputs)
            outputs = checks.by_row([self._model(feed) for feed in checks.batches])
        return [
            {name: undo_activation(array, self._activation) for name, array in row.items()}
            for row in outputs
        ]


def _by_task(
    wanted: Sequence[Outputs], got: Sequence[Outputs], models: Sequence[Run], checks: Checks
) -> dict[str, Any]:
    """Return agreement, widest flip and scores of the task's answers."""
    task, schema = checks.context.task, checks.context.schema
    assert task is not None
    theirs, ours = (task.answers(model, checks.rows, schema) for model in models)
    same = task.same(theirs, ours)
    margins = np.zeros(len(checks.examples))
    margins_of_rows = _margins_of_rows(wanted, got, checks.context.binary)
    np.maximum.at(margins, checks.example_of_row, margins_of_rows)
    figures = {
        "agreement": float(np.mean(same)),
        "widest_flip": float(margins[~same].max(initial=0.0)),
    }
    labelled = [i for i, example in enumerate(checks.examples) if task.is_labelled(example)]
    if not labelled:
        return figures
    examples = [checks.examples[i] for i in labelled]
    scores, keras_scores = (
        task.score([answers[i] for i in labelled], examples) for answers in (ours, theirs)
    )
    headline, measure = next(iter(task.measures.items()))
    points = 100.0 if measure.unit == "share" else 1.0
    return figures | {
        "scores": scores,
        "keras_scores": keras_scores,
        "score": scores[headline],
        "keras_score": keras_scores[headline],
        "points": points if measure.higher_is_better else -points,
    }


def _by_class(wanted: Sequence[Outputs], got: Sequence[Outputs], binary: bool) -> dict[str, Any]:
    """Return the share of equal classes and the widest flip; there are no labels to score."""
    name = next(iter(wanted[0]))
    pairs = [(a[name], b[name]) for a, b in zip(wanted, got, strict=True)]
    theirs, ours = (_flat([_classes(pair[i], binary) for pair in pairs]) for i in (0, 1))
    flips = [_margin(student, _classes(file, binary), binary).max() for student, file in pairs]
    return {"agreement": float(np.mean(theirs == ours)), "widest_flip": float(max(flips))}


def _margins_of_rows(wanted: Sequence[Outputs], got: Sequence[Outputs], binary: bool) -> np.ndarray:
    """Return the student's widest margin of each row, `[rows]`, in the order of the batches."""
    margins = []
    for student, file in zip(wanted, got, strict=True):
        by_output = [
            _margin(array, _classes(file[name], binary), binary).reshape(len(array), -1).max(axis=1)
            for name, array in student.items()
        ]
        margins.append(np.max(by_output, axis=0))
    return np.concatenate(margins)


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
    hundred change their answer.

    Args:
        figures: What `compare` found.
        kind: How the file stores its numbers.
        tolerance: In place of the kind's own.
        max_drop: Points of the score that may be lost; None does not ask.

    Raises:
        Differs: The figures.
    """
    allowed = (kind.tolerance if tolerance is None else tolerance) * figures.scale
    measure = "max" if kind.by_greatest else "mean"
    difference = figures.max_difference if kind.by_greatest else figures.mean_difference
    faults = []
    # Not `>`, since NaN has to fail.
    if not difference <= allowed:
        faults.append(
            f"the {measure} difference of logits is {difference:.3g}, allowed {allowed:.3g}"
        )
    if figures.checked < ENOUGH and figures.widest_flip > 2 * allowed:
        faults.append(f"a class changes that the student holds by {figures.widest_flip:.3g}")
    if figures.checked >= ENOUGH and figures.agreement < kind.agreement:
        faults.append(f"the share of equal classes must be {kind.agreement:.0%}")
    if max_drop is not None and _points_lost(figures) > max_drop:
        what = "of equal classes" if figures.score is None else "of accuracy"
        faults.append(f"{_points_lost(figures):.2f} points {what} are lost, allowed {max_drop}")
    if faults:
        raise Differs(
            f"the {kind.name} file does not compute what the student computes: on "
            f"{figures.checked} examples {figures.agreement:.1%} equal classes; "
            f"{'; '.join(faults)}"
        )


def _points_lost(figures: Figures) -> float:
    """Return the loss of score in percentage points; without labels, of equal answers."""
    if figures.score is None or figures.keras_score is None:
        return 100 * (1 - figures.agreement)
    return figures.points * (figures.keras_score - figures.score)


def _classes(logits: np.ndarray, binary: bool) -> np.ndarray:
    return (logits[..., 0] > 0).astype(int) if binary else logits.argmax(-1)


def _margin(wanted: np.ndarray, ours: np.ndarray, binary: bool) -> np.ndarray:
    """Return how far the student holds its class above the one that the file chose."""
    if binary:
        return np.where(_classes(wanted, binary) == ours, 0.0, np.abs(wanted[..., 0]))
    chosen = np.take_along_axis(wanted, ours[..., None], axis=-1)[..., 0]
    return np.where(wanted.argmax(-1) == ours, 0.0, wanted.max(-1) - chosen)


def _sum_to_1(outputs: np.ndarray) -> bool:
    return bool((outputs >= 0).all() and np.allclose(outputs.sum(-1), 1.0, atol=1e-4))
