"""The part of `Correlation` that looks along the batch; its other part is in the battery."""

import numpy as np
import pytest
import tensorflow as tf

from tfkd import Correlation, UserError
from tfkd.losses import Decoupled, StandardizedLogits
from tfkd.losses._batch import Batch


def softmax(rows):
    raised = np.exp(rows - rows.max(-1, keepdims=True))
    return raised / raised.sum(-1, keepdims=True)


def logits(*shape, seed=0):
    return np.random.default_rng(seed).normal(0, 2, (2, *shape)).astype("float32")


def loss_of(loss, student, teacher, mask=None):
    sides = ({"logits": tf.constant(each)} for each in (student, teacher))
    return loss(*sides, Batch(mask=None if mask is None else tf.constant(mask)), {}).numpy()


def test_columns_equal_numpy():
    """A correlation along the wrong axis."""
    student, teacher = logits(7, 4)
    q, p = softmax(student / 2), softmax(teacher / 2)
    rho = [np.corrcoef(p[:, c], q[:, c])[0, 1] for c in range(4)]
    want = 4 * 3 * np.mean(1 - np.array(rho))
    got = loss_of(
        Correlation(temperature=2.0, inter_weight=0.0, intra_weight=3.0), student, teacher
    )
    np.testing.assert_allclose(got, [want] * 7, rtol=1e-4)


def test_padded_positions_are_no_rows():
    """Padding that correlates perfectly with padding."""
    student, teacher = logits(3, 4, 5)
    mask = np.array([[1, 1, 0, 0], [1, 1, 1, 1], [0, 0, 0, 0]], "float32")
    loss, real = Correlation(inter_weight=0.0), mask > 0
    want = loss_of(loss, student[real], teacher[real])[0]
    for junk in (0.0, 9.0, np.nan):
        student[~real] = teacher[~real] = junk
        got = loss_of(loss, student, teacher, mask)
        np.testing.assert_allclose(got, [want, want, 0.0], rtol=1e-5)


def test_zero_and_still_when_equal():
    """The optimum is the teacher, up to the scale that the correlation leaves free."""
    student, _ = logits(6, 4)
    x = tf.constant(student)
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = Correlation()({"logits": x}, {"logits": tf.constant(student)}, Batch(), {})
    np.testing.assert_allclose(value, 0.0, atol=1e-5)
    np.testing.assert_allclose(tape.gradient(value, x), 0.0, atol=1e-4)


@pytest.mark.parametrize(
    ("loss", "words"),
    [
        (lambda: Correlation(intra_weight=-1.0), "write a number >= 0"),
        (lambda: Correlation("binary"), "write one of 'multiclass'"),
        (lambda: Decoupled(target="student"), "write 'label' or 'teacher'"),
        (lambda: Decoupled(others_weight=float("nan")), "write a number >= 0"),
        (lambda: Decoupled(temperature=0.0), "temperature is 0.0"),
    ],
)
def test_impossible_settings(loss, words):
    """A typing error that trains something else."""
    with pytest.raises(UserError, match=words):
        loss()


def test_two_classes_cannot_be_standardised():
    """Targets that are the same for every text."""
    two = {"logits": tf.zeros((3, 2))}
    with pytest.raises(UserError, match=r"always 1 and -1: write SoftTargets\(\)"):
        StandardizedLogits().check(two, two, Batch())
