"""Scores of several labels a text: micro and macro F1, exact match, label ranking. NumPy only."""

from __future__ import annotations

import numpy as np

from ...errors import UserError


def score_labels(likely: np.ndarray, chosen: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """Return all scores, as scikit-learn computes them (`zero_division=0`).

    Args:
        likely: The probability of each label, `[examples, labels]`.
        chosen: Whether each label is in the answer, `[examples, labels]`, bool.
        truth: Whether each label is right, `[examples, labels]`, bool.

    Raises:
        UserError: There is no example.

    >>> truth = np.array([[True, False], [True, True]])
    >>> scores = score_labels(np.array([[0.9, 0.1], [0.8, 0.3]]), truth, truth)
    >>> scores["micro_f1"], scores["exact_match"], scores["ranking_precision"]
    (1.0, 1.0, 1.0)
    """
    if not len(truth):
        raise UserError("none of the examples has labels: there is nothing to score against.")
    hits, predicted, right = counts_by_label(chosen, truth)
    return {
        "micro_f1": float(_f1(hits.sum(), predicted.sum() + right.sum())),
        "macro_f1": float(np.mean(_f1(hits, predicted + right))),
        "exact_match": float(np.mean((chosen == truth).all(axis=1))),
        "ranking_precision": ranking_precision(likely, truth),
    }


def counts_by_label(
    chosen: np.ndarray, truth: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return for each label how often it was rightly chosen, chosen, and right: `[labels]` each."""
    return (chosen & truth).sum(axis=0), chosen.sum(axis=0), truth.sum(axis=0)


def _f1(hits: np.ndarray, both: np.ndarray) -> np.ndarray:
    """Return 2 hits / (predicted + right), 0 where there is neither."""
    return np.where(both > 0, 2.0 * hits / np.maximum(both, 1), 0.0)


def ranking_precision(likely: np.ndarray, truth: np.ndarray) -> float:
    """Return the label ranking average precision; labels of equal probability share the worst rank.

    Examples with all labels or none count as 1, as in scikit-learn.

    >>> ranking_precision(np.array([[0.2, 0.5, 0.3]]), np.array([[True, False, False]]))
    0.3333333333333333
    """
    precisions = []
    for row, right in zip(likely, truth, strict=True):
        count = int(right.sum())
        if count in (0, len(right)):
            precisions.append(1.0)
            continue
        ascending, of_right = np.sort(row), np.sort(row[right])
        ranks = len(row) - np.searchsorted(ascending, row[right], side="left")
        above = count - np.searchsorted(of_right, row[right], side="left")
        precisions.append(float(np.mean(above / ranks)))
    return float(np.mean(precisions))


def jaccard(chosen: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Return the share of labels in both sets among those in either; 1 where both are empty.

    >>> jaccard(np.array([[True, True], [False, False]]), np.array([[True, False], [False, False]]))
    array([0.5, 1. ])
    """
    either = (chosen | truth).sum(axis=1)
    return np.where(either > 0, (chosen & truth).sum(axis=1) / np.maximum(either, 1), 1.0)


def best_constant_f1(truth: np.ndarray) -> float:
    """Return the micro F1 of the best set of labels that is the same for all examples.

    >>> round(best_constant_f1(np.array([[True, False], [True, True]])), 4)
    0.8571
    """
    frequent = np.sort(truth.sum(axis=0))[::-1]
    sizes = np.arange(1, len(frequent) + 1) * len(truth)
    return float(np.max(_f1(frequent.cumsum(), sizes + frequent.sum()), initial=0.0))


FEWEST = 10
"""Examples with a label from which on it has a threshold of its own."""


def tune_thresholds(likely: np.ndarray, truth: np.ndarray) -> list[float]:
    """Return for each label the threshold of its probability with the greatest F1.

    Among those that are equally good it is the one nearest to 0.5, half-way between two
    neighbouring probabilities. Labels that fewer than ten examples have share one threshold, that
    of the greatest micro F1 of all labels: their own would fit these few examples alone.

    Args:
        likely: The probability of each label, `[examples, labels]`.
        truth: Whether each label is right, `[examples, labels]`, bool.

    >>> tune_thresholds(np.array([[0.1], [0.3], [0.4]]), np.array([[False], [True], [True]]))
    [0.2]
    """
    shared = _tune(likely.reshape(-1), truth.reshape(-1))
    return [
        _tune(likely[:, i], truth[:, i]) if truth[:, i].sum() >= FEWEST else shared
        for i in range(likely.shape[1])
    ]


def _tune(likely: np.ndarray, truth: np.ndarray) -> float:
    if not truth.any():
        return 0.5
    order = np.argsort(-likely, kind="stable")
    values, hits = likely[order], truth[order].cumsum()
    # A cut after each probability that differs from the next one, the last one below all.
    ends = np.flatnonzero(np.append(np.diff(values) < 0, True))
    scores = 2 * hits[ends] / (ends + 1 + truth.sum())
    below = np.append(values, 0.0)[ends + 1]
    cuts = (values[ends] + below) / 2
    best = np.flatnonzero(scores >= scores.max() - 1e-12)
    return float(cuts[best][np.argmin(np.abs(cuts[best] - 0.5))])
