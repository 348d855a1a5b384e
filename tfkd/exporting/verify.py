"""Run a file and its student on the same batches, and compare outputs and answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..errors import UserError
from ..runtime.activations import undo_activation
from ..tasks import Arrays, Run
from .check_data import Checks, checks_of_rows
from .gate import Difference, Figures

Outputs = dict[str, np.ndarray]
Model = Callable[[dict[str, np.ndarray]], Outputs]
"""Outputs by name, `[batch, ...]`, from arrays by input name."""

MASKED = 6.5e4
"""Beyond this, all are a masked class: the converter writes -inf as the lowest float32, and in
float16 -1e9 as -65504."""


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
    has_task = bool(checks.examples) and checks.context.task is not None
    if has_task and any(np.isnan(array).any() for batch in got for array in batch.values()):
        # Nothing says what a task makes of it.
        answers: dict[str, Any] = {"agreement": 0.0, "widest_flip": float("inf")}
    elif has_task:
        activation = "softmax" if sum_to_1 else None
        models = tuple(
            _Remembered(model, outputs, checks, activation)
            for model, outputs in ((student, wanted), (file, got))
        )
        answers = _by_task(wanted, got, models, checks)
    else:
        answers = _by_class(wanted, got, checks)
    return Figures(
        checked=checks.count,
        differences=tuple(_difference(wanted, got, name) for name in wanted[0]),
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


def _difference(wanted: Sequence[Outputs], got: Sequence[Outputs], name: str) -> Difference:
    student, file = (_flat([batch[name] for batch in batches]) for batches in (wanted, got))
    difference = np.abs(student - file)
    finite = np.abs(student[np.abs(student) < MASKED])
    return Difference(
        name,
        max_difference=float(difference.max()),
        mean_difference=float(difference.mean()),
        scale=float(finite.max(initial=0.0)),
    )


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


def _by_class(wanted: Sequence[Outputs], got: Sequence[Outputs], checks: Checks) -> dict[str, Any]:
    """Return the share of equal classes and the widest flip and, of labelled arrays, accuracies."""
    binary, name = checks.context.binary, next(iter(wanted[0]))
    pairs = [(a[name], b[name]) for a, b in zip(wanted, got, strict=True)]
    theirs, ours = (_flat([_classes(pair[i], binary) for pair in pairs]) for i in (0, 1))
    flips = [_margin(student, _classes(file, binary), binary).max() for student, file in pairs]
    figures = {"agreement": float(np.mean(theirs == ours)), "widest_flip": float(max(flips))}
    labels = _flat(checks.labels) if checks.labels else np.zeros(0, int)
    if not (labels >= 0).any():
        return figures
    score, keras_score = (float(np.mean((x == labels)[labels >= 0])) for x in (ours, theirs))
    return figures | {
        "score": score,
        "keras_score": keras_score,
        "scores": {"accuracy": score},
        "keras_scores": {"accuracy": keras_score},
    }


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
