"""How sure a teacher is: the factor of its logits under which labelled texts are most likely."""

from __future__ import annotations

import numpy as np

FEWEST = 8
"""Labelled texts from which a temperature is fitted."""


def fit_factor(
    scores: np.ndarray, ids: np.ndarray, *, bounds: tuple[float, float], default: float
) -> tuple[float, str]:
    """Return the factor of greatest likelihood, and what a reader must know of it.

    Where all texts are right, the likelihood grows without end: the bounds stop it.

    Args:
        scores: A score of each class, `[texts, classes]`.
        ids: The class ids of the texts.
        bounds: The smallest and the largest factor.
        default: The factor where there are too few labels.

    >>> fit_factor(np.zeros((0, 2)), np.zeros(0, int), bounds=(1, 100), default=20)
    (20, 'temperature 0.05, which is the default: 0 labelled training texts, and 8 fit one')
    """
    count = len(ids)
    if count < FEWEST:
        return default, (
            f"temperature {1 / default:.3g}, which is the default: {count} labelled training "
            f"texts, and {FEWEST} fit one"
        )
    low, high = np.log(bounds[0]), np.log(bounds[1])
    # The likelihood has one top, so the sign of its slope tells on which side it is.
    for _ in range(60):
        middle = (low + high) / 2
        if _slope(scores, ids, float(np.exp(middle))) < 0:
            low = middle
        else:
            high = middle
    factor = float(np.exp((low + high) / 2))
    return factor, f"temperature {1 / factor:.3g}, fitted on {count:,} labelled training texts"


def _slope(scores: np.ndarray, ids: np.ndarray, factor: float) -> float:
    """Return the slope of the mean log loss at a factor."""
    logits = factor * scores.astype("float64")
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    right = scores[np.arange(len(ids)), ids]
    return float(np.mean((shares * scores).sum(axis=1) - right))
