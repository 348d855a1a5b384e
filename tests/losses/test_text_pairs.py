"""Losses on pairs of texts that stand beside each other in a batch of single texts."""

import json

import numpy as np
import pytest
import tensorflow as tf
from vector_cases import PAIRS, unit

from tfkd import Batch, Objective, PairContrast, PairScore, UserError

ALONE = (-100.0, -100.0)
SCORES = (1.0, 0.25, 0.0, 0.75)


@pytest.fixture(params=PAIRS, ids=lambda case: case.name)
def case(request):
    return request.param


def batch_of(*texts):
    """A batch of `(vector, score, place, id)`: vectors, and what a loss knows besides."""
    vectors, labels, ids = [], [], []
    for vector, score, place, number in texts:
        vectors.append(vector)
        labels.append((score, place) if place else ALONE)
        ids.append([number])
    batch = Batch(tf.constant(ids), tf.constant(labels, tf.float32))
    return np.array(vectors, "float32"), batch


def pairs_of(scores=SCORES, seed=0):
    """Pairs with texts alone around them; and the vectors of questions and of answers."""
    rng, texts, sides = np.random.default_rng(seed), [], ([], [])
    for number, score in enumerate(scores):
        alone = (3 * rng.normal(size=4), 0, 0, 900 + number)
        q, a = 3 * rng.normal(size=(2, 4))
        texts += [alone, (q, score, 1, 2 * number), (a, score, 2, 2 * number + 1)]
        sides[0].append(q)
        sides[1].append(a)
    return batch_of(*texts, alone), tuple(unit(np.array(side)) for side in sides)


def value(loss, vectors, batch):
    return loss({"embedding": tf.constant(vectors)}, {}, batch, {})


def test_equals_numpy_and_counts_pairs_alone(case):
    (vectors, batch), (q, a) = pairs_of()
    counts = case.loss.counts({"embedding": tf.constant(vectors)}, batch).numpy()
    got = value(case.loss, vectors, batch).numpy()
    wanted = case.reference(q, a, np.array(SCORES))
    assert counts.sum() == len(wanted)
    np.testing.assert_allclose(got[counts > 0], wanted, rtol=2e-5, atol=1e-6)
    assert not got[counts == 0].any()


def test_pairs_in_another_order_have_the_same_loss(case):
    (vectors, batch), _ = pairs_of()
    order = np.array([7, 8, 0, 4, 5, 6, 10, 11, 1, 2, 9, 3, 12])
    moved = Batch(tf.gather(batch.inputs, order), tf.gather(batch.labels, order))
    got = value(case.loss, vectors[order], moved)
    np.testing.assert_allclose(got, value(case.loss, vectors, batch).numpy()[order], rtol=1e-5)


def test_texts_without_their_other_one_count_nothing(case):
    """A pair that was torn apart must not be compared with whoever stands beside it."""
    (vectors, batch), _ = pairs_of()
    order = np.array([2, 0, 1, 4, 3, 5, 6, 7, 9, 8, 10, 12, 11])
    torn = Batch(tf.gather(batch.inputs, order), tf.gather(batch.labels, order))
    assert not value(case.loss, vectors[order], torn).numpy().any()
    assert not case.loss.counts({"embedding": tf.constant(vectors[order])}, torn).numpy().any()


def test_gradients_are_finite_and_reach_both_texts(case):
    (vectors, batch), _ = pairs_of((1.0, 0.75, 0.5))
    variable = tf.Variable(vectors)
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(case.loss({"embedding": variable}, {}, batch, {}))
    gradient = np.abs(tape.gradient(total, variable).numpy()).max(axis=-1)
    assert np.isfinite(gradient).all()
    place = batch.labels.numpy()[:, 1]
    assert (gradient[place > 0] > 1e-6).all()
    assert not gradient[place < 0].any()


def test_graph_and_xla_equal_eager(case):
    (vectors, batch), _ = pairs_of()
    compiled = tf.function(lambda: value(case.loss, vectors, batch), jit_compile=True)
    np.testing.assert_allclose(compiled(), value(case.loss, vectors, batch), rtol=1e-5, atol=1e-6)


def test_config_round_trip(case):
    objective = 0.25 * case.loss
    assert Objective.from_config(json.loads(json.dumps(objective.get_config()))) == objective


def test_other_right_answers_are_no_wrong_ones():
    """Two answers to one question, pushed apart, teach that one of them is wrong."""
    east, north, west = [1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]
    loss = PairContrast(temperature=1.0)
    two_right = batch_of((east, 1, 1, 7), (east, 1, 2, 1), (east, 1, 1, 7), (north, 1, 2, 2))
    np.testing.assert_allclose(value(loss, *two_right)[1::2], [0.0, 0.0], atol=1e-6)
    hard = batch_of((east, 1, 1, 7), (east, 1, 2, 1), (east, 0, 1, 7), (west, 0, 2, 2))
    wanted = [np.log(1 + np.exp(-2.0)), 0.0]
    np.testing.assert_allclose(value(loss, *hard)[1::2], wanted, atol=1e-5)
    # The same answer to another question.
    same = batch_of((east, 1, 1, 7), (east, 1, 2, 1), (north, 1, 1, 8), (east, 1, 2, 1))
    np.testing.assert_allclose(value(loss, *same)[1::2], [0.0, 0.0], atol=1e-6)


def test_other_labels_are_refused():
    (vectors, batch), _ = pairs_of()
    outputs = {"embedding": tf.constant(vectors)}
    with pytest.raises(UserError, match=r"give \[texts, 2\]"):
        PairScore().check(outputs, None, batch._replace(labels=batch.labels[:, 0]))
    with pytest.raises(UserError, match="'squared' or 'ranking'"):
        PairScore(error="cosine")
