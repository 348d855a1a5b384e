"""Scores of numbers: Pearson's and Spearman's correlation, mean absolute error. NumPy only."""

from __future__ import annotations

import numpy as np

from ...errors import UserError


def score_numbers(values: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """Return all scores of numbers against the right ones, both `[examples]`.

    Raises:
        UserError: There is no example.

    >>> scores = score_numbers(np.array([1.0, 2.0, 4.0]), np.array([1.0, 2.0, 3.0]))
    >>> {name: round(value, 4) for name, value in scores.items()}
    {'pearson': 0.982, 'spearman': 1.0, 'mae': 0.3333}
    """
    if not len(truth):
        raise UserError(
            "none of the examples has a label, a number: there is nothing to score against."
        )
    return {
        "pearson": correlation(values, truth),
        "spearman": correlation(ranks(values), ranks(truth)),
        "mae": float(np.mean(np.abs(values - truth))),
    }


def correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Return Pearson's correlation, 0 where one side is constant.

    >>> correlation(np.array([1.0, 2.0]), np.array([3.0, 3.0]))
    0.0
    """
    first, second = first - first.mean(), second - second.mean()
    sizes = np.linalg.norm(first), np.linalg.norm(second)
    if min(sizes) == 0:
        return 0.0
    return float(np.clip((first / sizes[0]) @ (second / sizes[1]), -1.0, 1.0))


def ranks(values: np.ndarray) -> np.ndarray:
    """Return the rank of each value from 1; equal values share their mean rank.

    >>> ranks(np.array([0.5, 0.1, 0.5]))
    array([2.5, 1. , 2.5])
    """
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (counts.cumsum() - (counts - 1) / 2)[places]
