"""Losses on answers: two distributions over the words of a row, whose number differs by batch."""

import numpy as np
import pytest
import tensorflow as tf

from tfkd import Batch, Decoupled, HardLabels, SoftTargets
from tfkd.losses._labels import describe_labels
from tfkd.text.words import NO_CELL

CELLS = (5, 3)
LOSSES = [
    HardLabels(),
    HardLabels(label_smoothing=0.1),
    SoftTargets(temperature=2.0),
    SoftTargets(temperature=2.0, soften="confidence"),
    SoftTargets(trust="correct"),
    Decoupled(),
]


def logits(seed, padding):
    draw = np.random.default_rng(seed).normal(size=(2, 2, max(CELLS))).astype("float32")
    for row, cells in enumerate(CELLS):
        draw[row, :, cells:] = NO_CELL
    return np.pad(draw, [(0, 0), (0, 0), (0, padding)], constant_values=NO_CELL)


def traced(loss):
    """The loss as a step computes it: the number of cells is not known beforehand."""
    spec = tf.TensorSpec((None, 2, None), tf.float32)

    @tf.function(input_signature=[spec, spec, tf.TensorSpec((None, 2), tf.int32)])
    def run(student, teacher, labels):
        bad = loss.find_bad_labels(student, labels)
        labels = labels if bad is None else tf.where(bad, -100, labels)
        with tf.GradientTape() as tape:
            tape.watch(student)
            values = loss({"logits": student}, {"logits": teacher}, Batch(labels=labels))
        return values, tape.gradient(values, student)

    return run


@pytest.mark.parametrize("loss", LOSSES, ids=repr)
def test_padding_of_cells_changes_neither_loss_nor_gradient(loss):
    run, labels = traced(loss), np.array([[1, 4], [0, 0]], "int32")
    values, gradient = run(logits(0, 0), logits(1, 0), labels)
    padded, of_padded = run(logits(0, 4), logits(1, 4), labels)
    assert np.isfinite(values).all()
    assert np.isfinite(gradient).all()
    assert (values.numpy() < 20).all()
    np.testing.assert_allclose(values, padded, atol=1e-5)
    np.testing.assert_allclose(gradient, of_padded[..., : max(CELLS)], atol=1e-5)
    np.testing.assert_allclose(of_padded[1, :, CELLS[1] :], 0.0, atol=1e-6)


def test_the_loss_is_the_mean_over_start_and_end():
    values, _ = traced(HardLabels())(
        logits(0, 0), logits(1, 0), np.array([[1, 4], [0, -100]], "int32")
    )
    likely = tf.nn.log_softmax(logits(0, 0)).numpy()
    by_hand = [-(likely[0, 0, 1] + likely[0, 1, 4]) / 2, -likely[1, 0, 0]]
    np.testing.assert_allclose(values, by_hand, rtol=1e-5)


def test_labels_beyond_the_cells_of_a_batch_are_found():
    labels = tf.constant([[1, 5], [0, -100]])
    bad = HardLabels().find_bad_labels(tf.constant(logits(0, 0)), labels)
    assert bad.numpy().tolist() == [[False, True], [False, False]]
    assert "a logit for each word" in describe_labels("multiclass", None)
