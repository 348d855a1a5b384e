"""How far confidence can be trusted, and which classes are taken for which."""

from __future__ import annotations

import numpy as np

from ..tasks.classification import BINS, calibration_error
from .answers import Answers


def reliability(answers: Answers) -> dict:
    """For each model the calibration error, and confidence and accuracy of each bin of texts."""
    return {name: _of(each, answers.labels) for name, each in answers.both.items()}


def _of(likely: np.ndarray, labels: np.ndarray) -> dict:
    confidence, correct = likely.max(axis=1), likely.argmax(axis=1) == labels
    return {"ece": calibration_error(confidence, correct), "bins": bins(confidence, correct)}


def bins(confidence: np.ndarray, correct: np.ndarray, count: int = BINS) -> list[dict]:
    """The bins with texts in them: how many, their mean confidence, the share that is right.

    >>> bins(np.array([0.9, 0.94, 0.5]), np.array([True, False, True]), 10)[1]
    {'texts': 2, 'confidence': 0.92, 'accuracy': 0.5}
    """
    of = np.minimum((confidence * count).astype(int), count - 1)
    return [
        {
            "texts": int(np.sum(of == each)),
            "confidence": round(float(confidence[of == each].mean()), 6),
            "accuracy": float(correct[of == each].mean()),
        }
        for each in np.unique(of)
    ]


def confusion(answers: Answers) -> dict:
    """For each model `counts[label][answer]`; the classes are those of the data, in their order."""
    size = len(answers.classes)
    return {
        "classes": list(answers.classes),
        **{
            name: np.bincount(answers.labels * size + likely.argmax(axis=1), minlength=size**2)
            .reshape(size, size)
            .tolist()
            for name, likely in answers.both.items()
        },
    }
