"""A section of the report's page: can the confidence be trusted?"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...data import Example, Schema
from .scores import BINS, calibration_error


def calibration(
    answers: Mapping[str, Sequence[Any]], examples: Sequence[Example], schema: Schema
) -> dict[str, Any]:
    """Return the share of right answers by confidence, and the calibration error of each model.

    Args:
        answers: The answers to the examples by model.
        examples: Those without a label do not count.
        schema: Names the classes.
    """
    labels = np.array([example["label"] for example in examples])
    errors, points = [], []
    for model, predictions in answers.items():
        likely = np.array([list(answer.probabilities.values()) for answer in predictions])[
            labels >= 0
        ]
        confidence = likely.max(axis=1)
        correct = likely.argmax(axis=1) == labels[labels >= 0]
        errors.append([model, calibration_error(confidence, correct)])
        points += [
            {"series": model, "x": row["confidence"], "y": row["accuracy"], "texts": row["texts"]}
            for row in bin_by_confidence(confidence, correct)
        ]
    curve = {
        "kind": "curve",
        "caption": "Share of right answers by confidence; the dashed line is perfect",
        "x": {
            "title": "confidence",
            "unit": "share",
            "domain": [math.floor(10 / max(2, len(schema.labels))) / 10, 1],
        },
        "y": {"title": "share that is right", "unit": "share", "domain": [0, 1]},
        "points": points,
        "diagonal": True,
    }
    table = {
        "kind": "table",
        "caption": "Calibration error (ECE)",
        "columns": [
            {"title": "model", "unit": "name"},
            {"title": "calibration error (ECE)", "unit": "share"},
        ],
        "rows": errors,
        "note": f"Texts in {BINS} bins of the confidence of the answer; a larger point is more "
        "texts. Below the line a model is surer than it is right. Points of a few texts say "
        "little.",
    }
    return {
        "title": "Can the confidence be trusted?",
        "nav": "Calibration",
        "figures": [[curve, [table]]],
    }


def bin_by_confidence(
    confidence: np.ndarray, correct: np.ndarray, count: int = BINS
) -> list[dict[str, Any]]:
    """Return the bins with texts in them: how many, their mean confidence, the share that is right.

    Args:
        confidence: The probability of each answer, `[texts]`.
        correct: Whether each answer is right, `[texts]`, bool.
        count: Number of bins of equal width from 0 to 1.

    >>> rows = bin_by_confidence(np.array([0.9, 0.94, 0.5]), np.array([True, False, True]), 10)
    >>> rows[1]
    {'texts': 2, 'confidence': 0.92, 'accuracy': 0.5}
    """
    bins = np.minimum((confidence * count).astype(int), count - 1)
    return [
        {
            "texts": int(np.sum(bins == number)),
            "confidence": round(float(confidence[bins == number].mean()), 6),
            "accuracy": float(correct[bins == number].mean()),
        }
        for number in np.unique(bins)
    ]
