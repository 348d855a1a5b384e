"""Vectors of items, and where they put the right one."""

import numpy as np
import pytest

from tfkd.tasks.ranking import score_retrieval
from tfkd.tasks.recommendation.factorization import factorize
from tfkd.tasks.recommendation.joined_vectors import complete_factors
from tfkd.tasks.recommendation.ranked_items import RankedItems, score_rankings, user_vector
from tfkd.tasks.recommendation.shelves import find_places, score_places, stock_shelves


def examples_of(draw, users=12, items=40):
    """Examples that share out all items, and what each user saw before."""
    names = [f"i{number}" for number in range(items)]
    found = []
    for user in range(users):
        label = names[int(draw.integers(items))]
        listed = [*(name for name in names[user::users] if name != label), label]
        seen = [name for name in draw.choice(names, 4).tolist() if name != label]
        found.append({"liked": seen[:1], "seen": seen, "label": label, "candidates": listed})
    return found


def test_places_are_scored_as_whole_rankings_are():
    """A second reading of NDCG that differs from the first one is a second truth."""
    draw = np.random.default_rng(0)
    examples = examples_of(draw)
    (shelf,) = stock_shelves(examples).values()
    # Whole numbers, so that some scores are equal.
    users = draw.integers(-2, 3, (12, 3)).astype("float32")
    items = draw.integers(-2, 3, (len(shelf.texts), 3)).astype("float32")
    found = score_places(find_places(shelf, users, items))
    similarities = (users @ items.T).astype("float64")
    for row, excluded in enumerate(shelf.excluded):
        similarities[row, excluded] = -np.inf
    relevant = np.eye(len(shelf.texts))[shelf.target]
    wanted = score_retrieval(similarities, relevant)
    for name, values in found.items():
        assert values.mean() == pytest.approx(wanted[name])


def test_an_item_is_ranked_among_those_of_all_examples():
    """Against the candidates of its own example alone, everything looks good."""
    vectors = {"a": [1.0, 0.0, 0.0], "b": [0.9, 0.1, 0.0], "c": [0.0, 1.0, 0.0]}
    examples = [
        {"liked": ["x"], "label": "b", "candidates": ["c", "b"]},
        {"liked": ["x"], "label": "a", "candidates": ["a"]},
        {"liked": ["x", "a"], "label": "b", "candidates": ["b"]},
    ]
    user = np.array([1.0, 0.0, 0.0])
    answers = [
        RankedItems(user, np.array([vectors[text] for text in e["candidates"]])) for e in examples
    ]
    places = 1 / score_rankings(answers, examples)["known"]["mrr"]
    # The third user liked a before, which is no candidate then.
    assert places.tolist() == [2.0, 1.0, 1.0]


def test_the_last_number_of_a_vector_says_nothing():
    """It fills a vector up to length 1: the less an item is liked, the larger it is."""
    liked = np.array([[0.6, 0.0, 0.8], [0.0, 0.6, 0.8]])
    assert user_vector(liked).tolist() == pytest.approx([0.3, 0.3, 0.0])


def test_factors_are_those_of_a_singular_value_decomposition():
    """The scores of a user are the user's row, projected on the first right vectors."""
    draw = np.random.default_rng(1)
    likes = [sorted({*draw.integers(0, 30, 8).tolist()}) for _ in range(25)]
    matrix = np.zeros((25, 30))
    for row, items in enumerate(likes):
        matrix[row, items] = 1
    _, _, right = np.linalg.svd(matrix)
    wanted = right[:5].T @ right[:5]
    found = factorize(likes, 30, 5)
    np.testing.assert_allclose(found @ found.T, wanted, atol=1e-3)
    np.testing.assert_array_equal(found, factorize(likes, 30, 5))


def test_items_that_nobody_liked_get_factors_from_their_texts():
    """With zeros, no new item would ever be found."""
    read = np.eye(4, 3)[[0, 0, 1, 1]]
    factors = np.array([[1.0, 0.0], [0.0, 0.0], [0.0, 2.0], [0.0, 0.0]])
    found = complete_factors(factors, read)
    np.testing.assert_allclose(found[[0, 2]], factors[[0, 2]])
    assert found[1, 0] > 0 == found[1, 1]
    assert found[3, 1] > 0 == found[3, 0]
