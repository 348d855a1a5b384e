"""Feature maps `[batch, height, width, channels]` of image models, in the losses on layers."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfkd import Distiller, HardLabels, UserError, tap
from tfkd.losses import (
    Contrastive,
    Cosine,
    Gram,
    HardTargets,
    Hint,
    PatientHint,
    Relational,
    Similarity,
)
from tfkd.losses._batch import Batch

RANDOM = np.random.default_rng(0)
PAIR = ((0, 0),)


def maps(*shape):
    return {"hidden_states": (tf.constant(RANDOM.normal(size=shape), tf.float32),)}


def as_tokens(side):
    """The same numbers with the positions in a row."""
    (x,) = side["hidden_states"]
    return {"hidden_states": (tf.reshape(x, [x.shape[0], -1, x.shape[-1]]),)}


@pytest.mark.parametrize("loss", [Hint(layers=PAIR), Cosine(layers=PAIR), Gram(layers=PAIR)])
def test_a_map_is_its_positions(loss):
    """Broadcast over the last axes only, or a loss of height alone."""
    student, teacher = maps(4, 3, 5, 6), maps(4, 3, 5, 6)
    got = loss(student, teacher, Batch())
    np.testing.assert_allclose(
        got, loss(as_tokens(student), as_tokens(teacher), Batch()), rtol=1e-6
    )
    assert loss.counts(student, Batch()).shape == (4, 15)


def test_hint_projects_each_position():
    """FitNets' regressor: a convolution of 1 x 1."""
    loss, student, teacher = Hint(layers=PAIR), maps(4, 3, 3, 2), maps(4, 3, 3, 6)
    shapes = loss.weights(student, teacher)
    assert shapes == {"pair_0_0": (2, 6)}
    matrix = RANDOM.normal(size=(2, 6)).astype("float32")
    got = loss(student, teacher, Batch(), {"pair_0_0": tf.constant(matrix)})
    (s,), (t,) = (side["hidden_states"] for side in (student, teacher))
    want = np.square(s.numpy() @ matrix - t.numpy()).mean((1, 2, 3))
    np.testing.assert_allclose(got, want, rtol=1e-5)


@pytest.mark.parametrize("larger", ["student", "teacher"])
def test_the_larger_map_is_averaged(larger):
    """A stride of 2 in one of the models."""
    loss = Hint(layers=PAIR)
    small, large = maps(2, 2, 3, 4), maps(2, 4, 3, 4)
    (x,) = large["hidden_states"]
    halved = {"hidden_states": ((x[:, ::2] + x[:, 1::2]) / 2,)}
    pair = (large, small) if larger == "student" else (small, large)
    want = loss(halved, small, Batch()) if larger == "student" else loss(small, halved, Batch())
    np.testing.assert_allclose(loss(*pair, Batch()), want, rtol=1e-5)


def test_sizes_that_do_not_divide():
    """A stack of TensorFlow's about broadcasting."""
    words = "student's map is 4 x 4 and the teacher's 3 x 3, of which neither divides the other"
    with pytest.raises(UserError, match=words):
        Hint(layers=PAIR).check(maps(2, 4, 4, 1), maps(2, 3, 3, 1), Batch())


def test_one_vector_a_map():
    """The first position of a map is a corner, and no [CLS]."""
    student, teacher = maps(4, 3, 3, 6), maps(4, 5, 2, 6)
    means = (
        {"hidden_states": tuple(tf.reduce_mean(x, [1, 2]) for x in side["hidden_states"])}
        for side in (student, teacher)
    )
    loss = PatientHint(layers=PAIR, pooling="first")
    np.testing.assert_allclose(loss(student, teacher, Batch()), loss(*means, Batch()), rtol=1e-5)


def test_similarity_of_maps_is_of_all_their_numbers():
    """SP's matrix, by hand: two maps with the same mean that have nothing in common."""
    x = np.zeros((2, 2, 1, 1), "float32")
    x[0, 0], x[1, 1] = 1, 1
    same = np.ones((2, 2, 1, 1), "float32")
    sides = ({"hidden_states": (tf.constant(each),)} for each in (x, same))
    # rows (1, 0) and (1, 1) / sqrt 2: ((1 - 0.7071)² + 0.7071²) / 2
    np.testing.assert_allclose(Similarity()(*sides, Batch()), [0.2929, 0.2929], atol=1e-4)


def network(filters, size=3):
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(filters, size, activation="relu", name="one"),
            layers.Conv2D(filters, 1, activation="relu", name="two"),
            layers.GlobalMaxPooling2D(),
            layers.Dense(3),
        ]
    )


LOSSES = [
    Hint(layers=((0, 0), (1, 1))),
    Hint(layers=PAIR, projection="pool"),
    PatientHint(layers=((1, 1),)),
    Similarity(),
    Contrastive(width=4),
    Cosine(),
    Relational(),
    Gram(layers=((0, 0), (1, 1)), between="next"),
]


@pytest.mark.slow_but_one
@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: f"{type(loss).__name__}")
def test_an_image_model_learns_from_another(loss):
    """`condition [32], then [32,26], and else [] must be broadcastable`."""
    student, teacher = network(2), network(4)
    x = RANDOM.normal(size=(16, 8, 8, 1)).astype("float32")
    y = RANDOM.integers(0, 3, 16).astype("int32")
    made = Distiller(
        student=tap(student, hidden_states=["one", "two"]),
        teacher=tap(teacher, hidden_states=["one", "two"]),
        objective=HardLabels() + HardTargets() + loss,
    )
    made.compile("adam")
    before = student.get_weights()
    history = made.fit(x, y, epochs=2, verbose=0).history
    assert np.isfinite(history["loss"]).all()
    assert not np.array_equal(before[0], student.get_weights()[0])


def test_layers_of_several_sizes_have_no_products():
    """FSP matrices are of layers with the same positions."""
    loss = Gram(layers=((0, 0), (1, 1)), between="next")
    sides = ({"hidden_states": (tf.zeros((2, 4, 4, 1)), tf.zeros((2, 2, 2, 1)))} for _ in range(2))
    with pytest.raises(UserError, match="layers of 16 and 4 positions have no products"):
        loss.check(*sides, Batch())
    with pytest.raises(UserError, match="from one pair of layers to the next, and there is one"):
        Gram(layers=PAIR, between="next").check(maps(2, 3, 3, 1), maps(2, 3, 3, 1), Batch())


def test_widths_that_cannot_be_pooled():
    """A group of two units and a half."""
    with pytest.raises(UserError, match="widths 2 of the student and 5 of the teacher neither"):
        Hint(layers=PAIR, projection="pool").check(maps(2, 3, 3, 2), maps(2, 3, 3, 5), Batch())
