"""A teacher that tells more classes apart than the data."""

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from tfkd import store, students
from tfkd.models.text_model import TextModel
from tfkd.teachers.merged_classes import merge_classes
from tfkd.text import learn

GROUPS = [[2], [0, 3], [1]]


@pytest.fixture(scope="module")
def teacher():
    encoder = learn(["a good film, a bad film"] * 9, vocab_size=60, max_length=16)
    model = students.build("text_cnn", encoder.vocab_size, 4, "tiny", seed=0)
    return TextModel(model, encoder, ("a", "b", "c", "d")).check()


def softmax(logits):
    return np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)


def test_probabilities_are_sums(teacher):
    """A maximum, or a mean of logits, would be another distribution."""
    merged = merge_classes(teacher, GROUPS, ("c", "a or d", "b"))
    assert (merged.classes, merged.labels) == (3, ("c", "a or d", "b"))
    texts = ["a good film", "bad"]
    whole, found = softmax(teacher.logits(texts)), softmax(merged.logits(texts))
    expected = np.stack([whole[:, group].sum(-1) for group in GROUPS], axis=-1)
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert merged.parameters == teacher.parameters


def test_a_store_tells_other_sums_apart(teacher):
    """Outputs of one grouping that are read as those of another."""
    one, again = (merge_classes(teacher, GROUPS, ("c", "ad", "b")) for _ in range(2))
    other = merge_classes(teacher, [[2], [0, 1], [3]], ("c", "ab", "d"))
    assert store.fingerprint(one) == store.fingerprint(again)
    assert store.fingerprint(one) != store.fingerprint(other)
    assert store.fingerprint(one) != store.fingerprint(teacher)
