"""The linear model of n-grams, and zeros by a pull towards zero."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfkd import Distiller, HardLabels, students
from tfkd.students.ngram_linear import StrayWeights


def test_weights_are_pulled_by_a_share_of_the_largest_move():
    first, second = keras.Variable([[3.0, -0.25]]), keras.Variable([[0.5], [-2.0]])
    before = [tf.constant([[2.0, -0.25]]), tf.constant([[0.5], [-2.0]])]
    kept = StrayWeights([first, second], 0.5).keep(before, 1)
    # The largest move is 1, so all go by 0.5, and what would cross zero stays there.
    assert [value.numpy().tolist() for value in kept] == [[[2.5, 0.0]], [[0.0], [-1.5]]]


@pytest.mark.parametrize("classes", [2, 3])
def test_what_tells_nothing_is_zero_after_a_training(classes):
    """Token 3 says class 1, and its neighbours are drawn."""
    rng = np.random.default_rng(0)
    ids = rng.integers(10, 40, (256, 6)).astype("int32")
    labels = rng.integers(0, 2, 256).astype("int32")
    ids[labels == 1, 2] = 3
    left = {}
    for l1 in (0, 0.3):
        student = students.build("ngram_linear", 40, classes, "tiny", seed=1)
        rule = students.rule_of(student, "ngram_linear:tiny", {"l1": l1})
        distiller = Distiller(student=student, objective=HardLabels(), rules=[rule] if rule else [])
        distiller.compile(keras.optimizers.Adam(0.01))
        distiller.fit(ids, labels, epochs=8, batch_size=32, verbose=0)
        left[l1] = sum(np.count_nonzero(weight) for weight in student.get_weights()[:2])
    tokens = student.get_weights()[0]
    assert np.abs(tokens).max(axis=-1).argmax() == 3
    assert left[0.3] < left[0] / 2
    assert (student.predict(ids, verbose=0).argmax(-1) == labels).mean() > 0.95


def test_one_number_is_one_number():
    """Such as of a regression: not the two of the classes, one of which is for and one against."""
    student = students.build("ngram_linear", 40, 1, "tiny", bigrams=101)
    assert student(np.ones((3, 4), "int32")).shape == (3, 1)
    assert [tuple(np.shape(weight)) for weight in student.get_weights()[-2:]] == [(1, 1), (1,)]


def test_other_students_and_a_pull_of_nothing_have_no_rule():
    student = students.build("ngram_linear", 40, 2, "tiny", trigrams=101)
    assert students.rule_of(student, "ngram_linear:tiny", {"l1": 0}) is None
    assert len(students.rule_of(student, "ngram_linear", {}).variables) == 3
    student.get_layer("piece_score").trainable = False
    assert len(students.rule_of(student, "ngram_linear", {}).variables) == 2
    assert students.rule_of(student, "text_cnn:tiny", {}) is None
    assert students.rule_of(student, "shrink:3", {}) is None
