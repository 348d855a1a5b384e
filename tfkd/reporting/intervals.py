"""95 % intervals of a mean over test examples."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

Z = 1.96
_T = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228)
"""Student's t at 97.5 % of 1 to 10 degrees of freedom; more are given that of 10."""


def share_interval(successes: float, count: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson 1927).

    >>> [round(end, 3) for end in share_interval(9, 10)]
    [0.596, 0.982]
    """
    share = successes / count
    middle = (share + Z**2 / (2 * count)) / (1 + Z**2 / count)
    half = Z * np.sqrt(share * (1 - share) / count + Z**2 / (4 * count**2)) / (1 + Z**2 / count)
    return float(max(0, middle - half)), float(min(1, middle + half))


def mean_interval(values: np.ndarray) -> tuple[float, float] | None:
    """Return the 95 % interval of the mean of what is not NaN, from 0 to 1; None of nothing.

    That of a share where values are 0 and 1. Others have a smaller variance than 0 and 1 of the
    same mean, and get an interval that is wider than need be.

    >>> mean_interval(np.array([np.nan]))
    >>> [round(end, 3) for end in mean_interval(np.array([1.0] * 9 + [0.0, np.nan]))]
    [0.596, 0.982]
    """
    known = values[~np.isnan(values)]
    return share_interval(float(known.sum()), len(known)) if len(known) else None


def paired_interval(differences: Sequence[float]) -> tuple[float, float] | None:
    """Return the 95 % interval of the mean of some differences, by Student's t.

    There is none of a single one, nor where one is not known (NaN).

    Args:
        differences: Of two models, one for each seed.

    >>> [round(end, 2) for end in paired_interval([1.0, 2.0, 3.0])]
    [-0.48, 4.48]
    """
    count = len(differences)
    if count < 2 or np.isnan(differences).any():
        return None
    mean, deviation = np.mean(differences), np.std(differences, ddof=1)
    half = _T[min(count - 1, len(_T)) - 1] * deviation / np.sqrt(count)
    return float(mean - half), float(mean + half)
