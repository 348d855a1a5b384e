"""From logits to the labels above their thresholds, and back to arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ...data import Example, Schema

THRESHOLDS = "thresholds"
"The setting of a schema with the threshold of each label; 0.5 for all without it."


class LabelSet(NamedTuple):
    """All labels of a text whose probability is above their threshold, and all probabilities."""

    labels: tuple[str, ...]
    probabilities: dict[str, float]


def choose_labels(logits: np.ndarray, schema: Schema) -> list[LabelSet]:
    """Return a `LabelSet` for each row of logits `[texts, labels]`.

    >>> choose_labels(np.array([[3.0, -3.0], [-3.0, -3.0]]), Schema(("joy", "fear")))[0].labels
    ('joy',)
    """
    likely = sigmoid(logits)
    chosen = likely > np.asarray(schema.settings.get(THRESHOLDS) or [0.5] * len(schema.labels))
    return [
        LabelSet(
            tuple(
                name for name, is_chosen in zip(schema.labels, chosen_row, strict=True) if is_chosen
            ),
            dict(zip(schema.labels, row.tolist(), strict=True)),
        )
        for row, chosen_row in zip(likely, chosen, strict=True)
    ]


def sigmoid(logits: np.ndarray) -> np.ndarray:
    """Return 1 / (1 + exp(-logits)) in float64, without an overflow.

    >>> sigmoid(np.array([0.0, -2000.0])).tolist()
    [0.5, 0.0]
    """
    small = np.exp(-np.abs(np.asarray(logits, "float64")))
    return np.where(np.asarray(logits) >= 0, 1.0, small) / (1.0 + small)


def likelihoods(answers: Sequence[LabelSet]) -> np.ndarray:
    """Return the probabilities of all answers, `[examples, labels]`, float64."""
    return np.array([list(answer.probabilities.values()) for answer in answers])


def chosen_labels(answers: Sequence[LabelSet]) -> np.ndarray:
    """Return which labels each answer names, `[examples, labels]`, bool."""
    return np.array(
        [[name in answer.labels for name in answer.probabilities] for answer in answers], bool
    )


def true_labels(examples: Sequence[Example], count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return which labels each example has, `[examples, labels]`, and whether they are known."""
    truth = np.zeros((len(examples), count), bool)
    known = np.zeros(len(examples), bool)
    for row, example in enumerate(examples):
        if example.get("label") is not None:
            known[row] = True
            truth[row, list(example["label"])] = True
    return truth, known
