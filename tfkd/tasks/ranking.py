"""Scores of rankings: recall among the first, MRR and NDCG. NumPy only."""

from __future__ import annotations

import numpy as np

from ..errors import UserError

FIRST = (1, 5, 10)
"""Among how many of the first candidates recall is counted."""
DEPTH = 10
"""How many of the first candidates NDCG reads."""


def score_retrieval(similarities: np.ndarray, relevant: np.ndarray) -> dict[str, float]:
    """Return recall, MRR and NDCG of rankings, each a mean over the queries.

    Of candidates with the same similarity each place is as likely: a model that gives all the same
    number is scored as chance is, and not by the order of the file. Candidates with -inf are none.

    Args:
        similarities: How well each candidate fits each query, `[queries, candidates]`.
        relevant: Which candidates are right, as bool, or how right they are, as numbers of 0 or
            more that NDCG weighs; each query has at least one.

    Returns:
        `recall@1`, `recall@5` and `recall@10`, the share of the right candidates that are among
        the first; `mrr`, one over the place of the first right one; and `ndcg@10`.

    Raises:
        UserError: No query, shapes that differ, NaN, or a query without a right candidate.

    >>> scores = score_retrieval(np.array([[0.9, 0.1, 0.5]]), np.array([[0, 0, 1]]))
    >>> scores["recall@1"], scores["recall@5"], scores["mrr"]
    (0.0, 1.0, 0.5)
    """
    similarities, relevant = np.asarray(similarities, "float64"), np.asarray(relevant, "float64")
    _check(similarities, relevant)
    each = [_of_query(*query) for query in zip(similarities, relevant, strict=True)]
    return {name: float(np.mean([scores[name] for scores in each])) for name in each[0]}


def score_queries(similarities: np.ndarray, relevant: np.ndarray, name: str) -> np.ndarray:
    """Return one of the scores of `score_retrieval` for each query, `[queries]`.

    Args:
        similarities: How well each candidate fits each query, `[queries, candidates]`.
        relevant: How right each candidate is.
        name: The score's name.
    """
    pairs = zip(np.asarray(similarities, "float64"), np.asarray(relevant, "float64"), strict=True)
    return np.array([_of_query(*query)[name] for query in pairs], "float64")


def _check(similarities: np.ndarray, relevant: np.ndarray) -> None:
    if similarities.ndim != 2 or similarities.shape != relevant.shape or not len(relevant):
        raise UserError(
            f"similarities are {list(similarities.shape)} and relevant {list(relevant.shape)}: "
            "give both as [queries, candidates], with at least one query."
        )
    if np.isnan(similarities).any() or not (relevant >= 0).all():
        raise UserError("similarities hold NaN, or relevant numbers below 0: give numbers.")
    without = np.flatnonzero(~(relevant > 0).any(axis=1))
    if len(without):
        raise UserError(
            f"query {without[0]} has no right candidate: leave such queries out, since every "
            "ranking of them is as good as any other."
        )


def _of_query(similarities: np.ndarray, relevant: np.ndarray) -> dict[str, float]:
    there = similarities > -np.inf
    values, gains = similarities[there], relevant[there]
    order = np.argsort(-values, kind="stable")
    values, gains = values[order], gains[order]
    # Where each run of equal similarities begins, and how long it is.
    _, begins, places, counts = np.unique(
        -values, return_index=True, return_inverse=True, return_counts=True
    )
    begins, counts = begins[places], counts[places]
    right = gains > 0
    total = max(float((relevant > 0).sum()), 1.0)
    scores = {}
    for first in FIRST:
        # The chance of a place among the first, of those whose similarities are equal.
        chance = np.clip((first - begins) / counts, 0.0, 1.0)
        scores[f"recall@{first}"] = float((chance * right).sum() / total)
    scores["mrr"] = _reciprocal_rank(right, begins, counts)
    scores["ndcg@10"] = _ndcg(gains, relevant, begins, counts)
    return scores


def _reciprocal_rank(right: np.ndarray, begins: np.ndarray, counts: np.ndarray) -> float:
    """Return the expected 1 / place of the first right candidate."""
    if not right.any():
        return 0.0
    first = int(begins[np.argmax(right)])
    size = int(counts[first])
    hits = int(right[first : first + size].sum())
    # The first right one of `hits` among `size` equal ones is behind k wrong ones so often.
    expected, remaining = 0.0, 1.0
    for behind in range(size - hits + 1):
        now = hits / (size - behind)
        expected += remaining * now / (first + behind + 1)
        remaining *= 1.0 - now
    return expected


def _ndcg(gains: np.ndarray, relevant: np.ndarray, begins: np.ndarray, counts: np.ndarray) -> float:
    """Return the gain of the first places over the best possible one, equal places averaged."""
    discounts = np.where(np.arange(len(gains)) < DEPTH, 1 / np.log2(np.arange(len(gains)) + 2), 0.0)
    until = np.concatenate([[0.0], np.cumsum(discounts)])
    mean = (until[begins + counts] - until[begins]) / counts
    best = np.sort(relevant)[::-1][:DEPTH]
    ideal = float((best / np.log2(np.arange(len(best)) + 2)).sum())
    return float((gains * mean).sum()) / ideal
