"""Run a file and its student on the same batches, and compare outputs and answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import tasks
from ..errors import UserError
from ..runtime.activations import undo_activation
from ..tasks import Arrays, Run, Task
from .check_data import Checks, checks_of_rows
from .decisions import activation_of, agreement, classes, margins
from .gate import Difference, Figures

Outputs = dict[str, np.ndarray]
Model = Callable[[dict[str, np.ndarray]], Outputs]
"""Outputs by name, `[batch, ...]`, from arrays by input name."""

MASKED = 6.5e4
"""Beyond this, all are a masked class: the converter writes -inf as the lowest float32, and in
float16 -1e9 as -65504."""


def compare(student: Model, file: Model, checks: Checks, *, linear: bool = False) -> Figures:
    """Run both models on the same batches, and compare their outputs and answers.

    Masked classes (-inf, -1e9) differ by nothing.

    Args:
        student: What the file has to compute.
        file: What it computes.
        checks: The batches, with the task and its examples where there is one.
        linear: Whether the student is known to end without an activation.

    Raises:
        UserError: The student returns NaN.
    """
    wanted, got = (_run(model, checks) for model in (student, file))
    if any(np.isnan(array).any() for batch in wanted for array in batch.values()):
        raise UserError("the student returns NaN on the inputs to check on: train it again.")
    logits = [next(iter(batch.values())) for batch in wanted]
    sum_to_1 = all(map(_sum_to_1, logits))
    between_0_and_1 = all(((array >= 0) & (array <= 1)).all() for array in logits)
    form = checks.context.form_of(next(iter(wanted[0])))
    has_task = bool(checks.examples) and checks.context.task is not None
    if has_task and any(np.isnan(array).any() for batch in got for array in batch.values()):
        # Nothing says what a task makes of it.
        answers: dict[str, Any] = {"agreement": 0.0, "widest_flip": float("inf")}
    elif has_task:
        activation = None
        if not linear:
            activation = activation_of(form, between_0_and_1=between_0_and_1, sum_to_1=sum_to_1)
        models = tuple(
            _Remembered(model, outputs, checks, activation)
            for model, outputs in ((student, wanted), (file, got))
        )
        answers = _by_task(wanted, got, models, checks)
    else:
        answers = _by_form(wanted, got, checks)
    return Figures(
        checked=checks.count,
        differences=tuple(
            _difference(name, _parts(wanted, name, checks), _parts(got, name, checks))
            for name in wanted[0]
        ),
        **answers,
        between_0_and_1=between_0_and_1,
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


def _parts(batches: Sequence[Outputs], name: str, checks: Checks) -> list[np.ndarray]:
    """Return an output in parts: of rows without their padding, where a task has made them."""
    if checks.feeder is None or checks.context.task is None:
        return [batch[name] for batch in batches]
    return [row[name] for row in checks.by_row(batches)]


def _difference(name: str, wanted: Sequence[np.ndarray], got: Sequence[np.ndarray]) -> Difference:
    student, file = _flat(wanted), _flat(got)
    difference = np.abs(student - file)
    return Difference(
        name,
        max_difference=float(difference.max(initial=0.0)),
        mean_difference=float(difference.mean()) if difference.size else 0.0,
        scale=_scale(student),
    )


def _scale(student: np.ndarray) -> float:
    """Return the student's greatest number, without sign; masked classes are none."""
    return float(np.abs(student[np.abs(student) < MASKED]).max(initial=0.0))


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
    widest = np.zeros(len(checks.examples))
    margins_of_rows = _margins_of_rows(wanted, got, checks)
    np.maximum.at(widest, checks.example_of_row, margins_of_rows)
    figures = {
        "agreement": task.agreement(theirs, ours),
        "widest_flip": float(widest[~same].max(initial=0.0)),
    }
    labelled = [i for i, example in enumerate(checks.examples) if task.is_labelled(example)]
    if not labelled:
        return figures
    examples = [checks.examples[i] for i in labelled]
    scores, keras_scores = (
        task.score([answers[i] for i in labelled], examples) for answers in (ours, theirs)
    )
    return figures | headline_figures(task, scores, keras_scores)


def _by_form(wanted: Sequence[Outputs], got: Sequence[Outputs], checks: Checks) -> dict[str, Any]:
    """Return the share of equal answers and the widest flip and, of labelled arrays, scores."""
    form, name = checks.context.form, next(iter(wanted[0]))
    theirs, ours = (
        np.concatenate([batch[name].reshape(-1, batch[name].shape[-1]) for batch in batches])
        for batches in (wanted, got)
    )
    figures: dict[str, Any] = {
        "agreement": agreement(theirs, ours, form),
        "widest_flip": float(margins(theirs, ours, form).max()),
    }
    if not checks.labels:
        return figures
    if form not in ("multiclass", "binary"):
        return figures | _score_rows(theirs, ours, np.concatenate(checks.labels), form)
    labels = _flat(checks.labels)
    if not (labels >= 0).any():
        return figures
    score, keras_score = (
        float(np.mean((classes(x, form) == labels)[labels >= 0])) for x in (ours, theirs)
    )
    return figures | {
        "score": score,
        "keras_score": keras_score,
        "scores": {"accuracy": score},
        "keras_scores": {"accuracy": keras_score},
    }


def _score_rows(
    theirs: np.ndarray, ours: np.ndarray, labels: np.ndarray, form: str
) -> dict[str, Any]:
    """Return the scores of several labels a row, or of numbers."""
    task = tasks.find_form(form)
    examples = task.labelled_examples(labels)
    names = tuple(str(i) for i in range(ours.shape[-1]))
    schema = task.complete_schema(task.schema(names), examples)
    rows: list[list[Arrays]] = [[{}] for _ in examples]

    def score(logits: np.ndarray) -> dict[str, float]:
        answers = task.answers(lambda _: [{"logits": row} for row in logits], rows, schema)
        return task.score(answers, examples)

    return headline_figures(task, score(ours), score(theirs))


def headline_figures(
    task: Task, scores: dict[str, float], keras_scores: dict[str, float]
) -> dict[str, Any]:
    """Return the scores of a file and of its student, the headline of the task by itself.

    Args:
        task: The task.
        scores: All measures of the file.
        keras_scores: The same of the student.
    """
    headline, measure = next(iter(task.measures.items()))
    return {
        "scores": scores,
        "keras_scores": keras_scores,
        "score": scores[headline],
        "keras_score": keras_scores[headline],
        "points": measure.points if measure.higher_is_better else -measure.points,
        "headline": measure.title,
    }


def _margins_of_rows(
    wanted: Sequence[Outputs], got: Sequence[Outputs], checks: Checks
) -> np.ndarray:
    """Return the student's widest margin of each row, `[rows]`."""
    widest, scale = np.zeros(len(checks.order)), 0.0
    for name in wanted[0]:
        form = checks.context.form_of(name)
        student, file = _parts(wanted, name, checks), _parts(got, name, checks)
        parts = zip(student, file, strict=True)
        by_row = np.array([margins(*each, form).max(initial=0.0) for each in parts])
        scale = scale or _scale(_flat(student))
        # Each output has a scale of its own; the gate knows that of the first one.
        widest = np.maximum(widest, by_row * (scale / (_scale(_flat(student)) or 1.0)))
    return widest


def _sum_to_1(outputs: np.ndarray) -> bool:
    return bool((outputs >= 0).all() and np.allclose(outputs.sum(-1), 1.0, atol=1e-4))
