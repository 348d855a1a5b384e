"""How far confidence can be trusted, and which classes are taken for which."""

from __future__ import annotations

import numpy as np

from .scores import BINS, calibration_error


def reliability(likely: np.ndarray, labels: np.ndarray) -> dict:
    """Give the calibration error, and confidence and accuracy of each bin of texts.

    Args:
        likely: Probabilities `[texts, classes]` of a model.
        labels: Class ids `[texts]`.
    """
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


def confusion(likely: np.ndarray, labels: np.ndarray) -> list[list[int]]:
    """Count `[label][answer]` of probabilities `[texts, classes]`; the classes in their order."""
    size = likely.shape[1]
    counts = np.bincount(labels * size + likely.argmax(axis=1), minlength=size**2)
    return counts.reshape(size, size).tolist()
