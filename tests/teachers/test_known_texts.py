"""A teacher that looks texts up."""

import numpy as np
import pytest

from tfkd import UserError
from tfkd.data import Data
from tfkd.tasks.recommendation import Recommendation
from tfkd.teachers.known_texts import NumbersOfTexts, know_texts


class Asked(Recommendation):
    """The same task, whose teacher's vectors are those that were read."""

    def known_vectors(self, vectors, texts, data):
        return vectors


@pytest.fixture(scope="module")
def teacher():
    """A teacher of three texts, whose vectors are those of a reader with the same name."""

    class Reader:
        origin = "reader"

    task = Asked({"history": 2, "negatives": 2, "scale": 10.0})
    read = np.array([[1, 0, 9], [0, 1, 9], [0.5, 0.5, 9]], "float32")
    return know_texts(Reader(), read, ["a", "b", "c"], task, Data("three", (), {}))


def test_a_row_of_one_text_gives_its_vector(teacher):
    rows = [{"input_ids": ids} for ids in teacher.encoder.encode_many(["b", "c"])]
    found = np.stack([row["embedding"] for row in teacher.run(rows)])
    np.testing.assert_allclose(found, [[0, 1, 9], [0.5, 0.5, 9]])


def test_a_row_of_a_list_gives_logits_of_its_candidates(teacher):
    """Two blocks of history, of which one is empty, then candidates, of which the last is none."""
    a, b, c = (ids[0] for ids in teacher.encoder.encode_many(["a", "b", "c"]))
    logits = teacher.outputs(np.array([[a, 0, b, c, 0]], "int32"), ("logits",))["logits"].numpy()
    # The user is [1, 0]; the last number of a vector does not count.
    np.testing.assert_allclose(logits[0, :2], [0.0, 5.0], atol=1e-5)
    assert logits[0, 2] < -1e8


def test_a_text_that_is_not_known_is_named():
    with pytest.raises(UserError, match="and not 'd': ask the student"):
        NumbersOfTexts(["a", "b"]).encode_many(["a", "d"])
