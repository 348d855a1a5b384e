"""Recall, MRR and NDCG of rankings: worked by hand, with ties, and beside scikit-learn."""

import itertools

import numpy as np
import pytest

from tfkd import UserError
from tfkd.tasks.ranking import score_queries, score_retrieval


def test_numbers_worked_by_hand():
    similarities = np.array([[0.9, 0.8, 0.1, 0.0], [0.1, 0.2, 0.3, 0.4]])
    relevant = np.array([[0, 1, 1, 0], [0, 0, 0, 1]], bool)
    scores = score_retrieval(similarities, relevant)
    assert scores["recall@1"] == pytest.approx((0 / 2 + 1) / 2)
    assert scores["recall@5"] == scores["recall@10"] == 1.0
    assert scores["mrr"] == pytest.approx((1 / 2 + 1) / 2)
    first = (1 / np.log2(3) + 1 / np.log2(4)) / (1 + 1 / np.log2(3))
    assert scores["ndcg@10"] == pytest.approx((first + 1) / 2)


def test_ndcg_equals_that_of_scikit_learn_ties_included():
    """Ties broken by the order of the file give the model that says nothing a good score."""
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(0)
    for _ in range(20):
        similarities = rng.integers(0, 4, (3, 17)).astype(float)
        relevant = rng.integers(0, 3, (3, 17)).astype(float)
        relevant[:, 0] = 1
        ours = score_retrieval(similarities, relevant)["ndcg@10"]
        assert ours == pytest.approx(metrics.ndcg_score(relevant, similarities, k=10))


@pytest.mark.parametrize("seed", range(3))
def test_ties_are_the_mean_over_all_orders(seed):
    rng = np.random.default_rng(seed)
    similarities, relevant = rng.integers(0, 2, 6).astype(float), np.array([1, 0, 0, 1, 0, 0])
    found = score_retrieval(similarities[None], relevant[None])
    wanted = []
    for order in itertools.permutations(range(6)):
        shifted = similarities + np.array(order) / 100
        wanted.append(score_retrieval(shifted[None], relevant[None]))
    for name, value in found.items():
        assert value == pytest.approx(np.mean([each[name] for each in wanted])), name


def test_candidates_of_minus_infinity_are_none():
    """Queries with fewer candidates are filled up."""
    filled = np.array([[0.1, 0.5, -np.inf, -np.inf]])
    right = np.array([[1, 0, 0, 0]])
    assert score_retrieval(filled, right) == score_retrieval(filled[:, :2], right[:, :2])


def test_scores_of_each_query_have_the_score_as_their_mean():
    rng = np.random.default_rng(1)
    similarities, relevant = rng.normal(size=(9, 5)), np.eye(9, 5) + np.eye(9, 5, -4)
    scores = score_retrieval(similarities, relevant)
    for name, value in scores.items():
        assert score_queries(similarities, relevant, name).mean() == pytest.approx(value)


@pytest.mark.parametrize(
    ("similarities", "relevant", "says"),
    [
        ([[1.0, 2.0]], [[0, 0]], "no right candidate"),
        ([[1.0, np.nan]], [[0, 1]], "NaN"),
        ([[1.0, 2.0]], [[0, 1, 0]], "queries, candidates"),
        (np.zeros((0, 3)), np.zeros((0, 3)), "at least one query"),
    ],
)
def test_what_cannot_be_scored_is_one_sentence(similarities, relevant, says):
    with pytest.raises(UserError, match=says):
        score_retrieval(np.array(similarities), np.array(relevant))
