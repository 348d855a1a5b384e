"""The static student: a mean of vectors, weighted by piece."""

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from tfkd.students import build
from tfkd.students.static import VECTORS, WEIGHTS


@pytest.fixture(scope="module")
def model():
    made = build("static", 6, 2, "tiny", seed=1)
    rng = np.random.default_rng(0)
    made.set_weights([rng.normal(size=weight.shape) for weight in made.get_weights()])
    return made


def test_it_is_the_weighted_mean_of_the_vectors(model):
    """A weight that counts in the sum and not in what divides it, or the padding's own."""
    (vectors,), (logits,) = (model.get_layer(name).get_weights() for name in (VECTORS, WEIGHTS))
    weights = 1 / (1 + np.exp(-logits[:, 0]))
    kernel, bias = model.get_layer("logits").get_weights()
    ids = np.array([[2, 5, 2, 0, 0], [4, 1, 3, 3, 1]])
    for row, found in zip(ids, np.array(model(ids)), strict=True):
        there = row[row != 0]
        mean = weights[there] @ vectors[there] / weights[there].sum()
        np.testing.assert_allclose(found, mean @ kernel + bias, rtol=1e-5)


def test_the_order_of_words_changes_nothing(model):
    ids = np.array([[2, 5, 1, 0], [1, 2, 5, 0]])
    one, other = np.array(model(ids))
    np.testing.assert_allclose(one, other, rtol=1e-5)
