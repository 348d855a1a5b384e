"""Text classification: one of several classes for a text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

import numpy as np

from ...data import IGNORE, Example, Schema
from .._base import Arrays, Measure, Run, Task
from .by_class import classes, confusion
from .calibration import calibration
from .class_order import find_order, texts_needed
from .combined import check_single_labels
from .linear import fit_logistic
from .scores import probabilities, score_probabilities


class Prediction(NamedTuple):
    """The most probable class of a text, its probability, and that of every class by name."""

    label: str
    probability: float
    probabilities: dict[str, float]


class TextClassification(Task):
    """One of several classes for a text, scored by accuracy.

    >>> task = TextClassification()
    >>> answers = task.answers(
    ...     lambda rows: [{"logits": np.array([0.0, 3.0])} for _ in rows],
    ...     [[{"input_ids": [2, 5, 3]}]],
    ...     Schema(("bad", "good")),
    ... )
    >>> answers[0].label, round(answers[0].probability, 4)
    ('good', 0.9526)
    """

    name = "text-classification"
    measures: ClassVar[Mapping[str, Measure]] = {
        "accuracy": Measure("accuracy", hub="accuracy"),
        "macro_f1": Measure("macro F1", hub="f1"),
        "log_loss": Measure("log loss", "nats", higher_is_better=False),
        "ece": Measure("ECE", higher_is_better=False),
    }
    defaults: ClassVar[Mapping[str, Any]] = {"pair": False}
    hugging_face = "ForSequenceClassification"
    clients: ClassVar[tuple[str, ...]] = ("mediapipe",)
    two_classes_of_one_logit = True
    constant_answer = "always naming the most frequent class"

    def fit_linear(
        self, features: Any, examples: Sequence[Example], schema: Schema
    ) -> Callable[[Any], dict[str, np.ndarray]]:
        """Fit a logistic regression; return it as a function of features to logits."""
        return fit_logistic(features, label_ids(examples), len(schema.labels))

    def check_labels(self, first_seen: Mapping[str, str]) -> None:
        """Refuse what looks like several labels in one, or like numbers with decimal commas.

        Raises:
            UserError: It does; says which form to write.
        """
        check_single_labels(first_seen)

    def answers(self, run: Run, rows: Sequence[list[Arrays]], schema: Schema) -> list[Prediction]:
        """Return a `Prediction` for each example."""
        outputs = run([row for (row,) in rows])
        return predictions(np.array([each["logits"] for each in outputs]), schema.labels)

    def answer(
        self, outputs: Sequence[Arrays], rows: Sequence[Arrays], schema: Schema
    ) -> Prediction:
        """Return the `Prediction` for one example from its logits `[classes]`."""
        return predictions(np.asarray(outputs[0]["logits"])[None], schema.labels)[0]

    def score(self, answers: Sequence[Prediction], examples: Sequence[Example]) -> dict[str, float]:
        """Return accuracy, macro F1, log loss and calibration error.

        Raises:
            UserError: None of the examples has a label.
        """
        return score_probabilities(likelihoods(answers), label_ids(examples))

    def per_example(self, answers: Sequence[Prediction], examples: Sequence[Example]) -> np.ndarray:
        """Return 1 for a right answer, 0 for a wrong one, NaN without a label: `[examples]`."""
        labels = label_ids(examples)
        correct = (likelihoods(answers).argmax(axis=-1) == labels).astype(float)
        return np.where(labels >= 0, correct, np.nan)

    def same(self, answers: Sequence[Prediction], others: Sequence[Prediction]) -> np.ndarray:
        """Return whether the most probable class is the same, `[examples]`, bool."""
        ours, theirs = (likelihoods(each).argmax(axis=-1) for each in (answers, others))
        return ours == theirs

    def chance(self, examples: Sequence[Example]) -> float | None:
        """Return the accuracy of always naming the most frequent class."""
        labels = label_ids(examples)
        labels = labels[labels >= 0]
        return float(np.bincount(labels).max() / len(labels)) if len(labels) else None

    def examples_for_order(self, schema: Schema) -> int:
        """Return 200, or five a class."""
        return texts_needed(len(schema.labels))

    def find_order(
        self, answers: Sequence[Prediction], examples: Sequence[Example], schema: Schema
    ) -> list[int] | None:
        """Return the order of classes with which the answers are right far more often."""
        predicted = likelihoods(answers).argmax(axis=-1)
        return find_order(predicted, label_ids(examples), len(schema.labels))

    def summarize(self, answer: Prediction) -> str:
        """Return the name of the class."""
        return answer.label

    def confidence(self, answer: Prediction, of: str | None = None) -> float | None:
        """Return the probability of a class, by default the most probable one."""
        return answer.probabilities.get(answer.label if of is None else of)

    def distances(self, answers: Sequence[Prediction], others: Sequence[Prediction]) -> np.ndarray:
        """Return half the sum of the differences of probabilities: 0 the same, 1 opposite."""
        return np.abs(likelihoods(answers) - likelihoods(others)).sum(axis=-1) / 2

    def sections(self) -> Mapping[str, Callable[..., dict[str, Any]]]:
        """Return the scores of each class, confusions and calibration."""
        return {"classes": classes, "confusion": confusion, "calibration": calibration}

    def summary(self, answer: Prediction) -> str:
        """Return class and probability."""
        return f"{answer.label}  {answer.probability:.4f}"

    def to_json(self, answer: Prediction) -> dict[str, Any]:
        """Return the fields of the prediction."""
        return answer._asdict()


def predictions(logits: np.ndarray, labels: Sequence[str]) -> list[Prediction]:
    """Return a `Prediction` for each row of logits `[texts, classes]`.

    One logit `[texts, 1]` of two classes is that of the second one.

    >>> predictions(np.array([[0.0]]), ("no", "yes"))[0].probabilities
    {'no': 0.5, 'yes': 0.5}
    """
    if logits.ndim == 2 and logits.shape[1] == 1 and len(labels) == 2:
        # A sigmoid is a softmax next to a logit of zero.
        logits = np.concatenate([np.zeros_like(logits), logits], axis=1)
    rows = probabilities(logits)
    best = rows.argmax(axis=-1) if len(rows) else []
    return [
        Prediction(labels[i], float(row[i]), dict(zip(labels, row.tolist(), strict=True)))
        for row, i in zip(rows, best, strict=True)
    ]


def likelihoods(answers: Sequence[Prediction]) -> np.ndarray:
    """Return the probabilities of all answers, `[examples, classes]`, float64."""
    return np.array([list(answer.probabilities.values()) for answer in answers])


def label_ids(examples: Sequence[Example]) -> np.ndarray:
    """Return the class ids of examples, `[examples]`, -100 where there is none."""
    return np.array([example.get("label", IGNORE) for example in examples], "int64")
