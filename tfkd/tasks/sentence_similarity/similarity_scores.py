"""Scores of similarities: Spearman's and Pearson's correlation with numbers of people."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ...data import Example
from ..text_regression.number_scores import correlation, ranks


def truth_of(examples: Sequence[Example]) -> np.ndarray:
    """Return the score of each pair, `[examples]`, NaN where there is none."""
    scores = (
        example.get("score", 1.0) if example.get("text_pair") is not None else None
        for example in examples
    )
    return np.array([np.nan if score is None else score for score in scores], "float64")


def score_similarities(values: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """Return both correlations of similarities with the right scores, both `[examples]`.

    >>> scores = score_similarities(np.array([0.1, 0.2, 0.9]), np.array([1.0, 2.0, 3.0]))
    >>> {name: round(value, 4) for name, value in scores.items()}
    {'spearman': 1.0, 'pearson': 0.9177}
    """
    return {
        "spearman": correlation(ranks(values), ranks(truth)),
        "pearson": correlation(values, truth),
    }


def spearman_of(values: np.ndarray, truth: np.ndarray) -> Callable[[np.ndarray], float]:
    """Return Spearman's correlation as a function of the positions that count."""
    return lambda rows: correlation(ranks(values[rows]), ranks(truth[rows]))


def closeness_to_scores(values: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Return 1 less how far each similarity is from its score, both from 0 to 1; NaN without one.

    Args:
        values: Cosines, `[examples]`.
        truth: Scores of any range, `[examples]`.
    """
    known = truth[~np.isnan(truth)]
    lowest, highest = (known.min(), known.max()) if len(known) else (0.0, 1.0)
    right = (truth - lowest) / ((highest - lowest) or 1.0)
    return 1.0 - np.abs(np.clip(values, 0.0, 1.0) - right)
