"""Top-k of logits: what is left out is bounded, and at k = classes nothing is."""

import numpy as np
import pytest

from tfkd.store.top_k import INDICES, REST, VALUES, compress, expand

CLASSES = 9


def softened(logits, temperature=1.0):
    scaled = logits.astype("float64") / temperature
    powers = np.exp(scaled - scaled.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def again(logits, k, classes=CLASSES):
    found = compress(logits, k)
    return expand(found[VALUES], found[INDICES], found[REST], classes), found


def drawn(scale, *shape, seed=0):
    return (scale * np.random.default_rng(seed).normal(size=shape)).astype("float32")


def test_by_hand():
    """The places of the classes shifted by one: a student of another label."""
    logits = np.log(np.array([[0.05, 0.5, 0.15, 0.3]]))
    whole, found = again(logits, 2, 4)
    assert found[INDICES].tolist() == [[1, 3]]
    assert found[INDICES].dtype == "int32"
    np.testing.assert_allclose(np.exp(found[VALUES]), [[0.5, 0.3]], rtol=1e-6)
    np.testing.assert_allclose(np.exp(found[REST]), [0.05 + 0.15], rtol=1e-6)
    np.testing.assert_allclose(np.exp(whole), [[0.1, 0.5, 0.1, 0.3]], rtol=1e-6)
    assert whole.dtype == "float32"


@pytest.mark.parametrize("shape", [(20, CLASSES), (3, 5, CLASSES), (CLASSES,)], ids=str)
def test_all_classes_are_the_dense_logits(shape):
    """k = classes must not cost a single bit."""
    logits = drawn(5, *shape)
    np.testing.assert_array_equal(again(logits, CLASSES)[0], logits)


@pytest.mark.parametrize("k", [1, 3, CLASSES - 1])
@pytest.mark.parametrize("scale", [0.1, 3, 40])
def test_the_stored_classes_keep_their_probability(k, scale):
    """A remaining mass that is lost makes the teacher surer than it was."""
    logits = drawn(scale, 50, CLASSES)
    whole, found = again(logits, k)
    np.testing.assert_allclose(
        np.take_along_axis(softened(whole), found[INDICES], -1),
        np.take_along_axis(softened(logits), found[INDICES], -1),
        rtol=1e-5,
    )
    np.testing.assert_array_equal(
        np.take_along_axis(whole, found[INDICES], -1), -np.sort(-logits)[:, :k]
    )


@pytest.mark.parametrize("temperature", [1.0, 1.5, 4.0, 20.0])
@pytest.mark.parametrize("k", [1, 2, 5, CLASSES - 1])
@pytest.mark.parametrize("scale", [0.5, 2, 10])
def test_the_bound_of_the_docstring(temperature, k, scale):
    """A stated bound that does not hold is worse than none."""
    logits, student = drawn(scale, 200, CLASSES), drawn(2 * scale, 200, CLASSES, seed=1)
    whole, found = again(logits, k)
    true, stored = softened(logits, temperature), softened(whole, temperature)
    others = np.ones_like(true)
    np.put_along_axis(others, found[INDICES], 0.0, -1)
    mass = (stored * others).sum(-1)
    distance = np.abs(true - stored).sum(-1) / 2
    assert (distance <= mass + 1e-6).all()

    log_q = np.log(softened(student, temperature))
    difference = np.abs(((true - stored) * log_q).sum(-1))
    bound = mass * (student.max(-1) - student.min(-1)) / temperature
    assert (difference <= bound + 1e-5).all()
    # Not a bound that anything would keep: a good part of it is used where logits differ much.
    if k < CLASSES - 1 and scale >= temperature:
        assert (distance > 0.05 * mass).any()
        assert (difference > 0.02 * bound).any()


def test_classes_that_are_ruled_out():
    """-inf is a masked class: no NaN from it, and no mass to it."""
    logits = np.array([[2.0, -np.inf, 1.0, -np.inf], [0.0, -np.inf, -np.inf, -np.inf]])
    for k in (1, 2, 3, 4):
        whole, _ = again(logits, k, 4)
        assert not np.isnan(whole).any()
        np.testing.assert_allclose(softened(whole).sum(-1), 1.0)
    np.testing.assert_array_equal(again(logits, 2, 4)[0], logits)


def test_huge_logits():
    """A log-sum-exp that overflows at 89 in single precision."""
    whole, found = again(np.array([[1e4, -1e4, 0.0], [1e4, 1e4, 1e4]]), 1, 3)
    assert np.isfinite(whole).all()
    np.testing.assert_allclose(found[REST], [0.0, 1e4 + np.log(2)])


def test_equal_logits_are_taken_in_their_order():
    """Ties that another sort breaks otherwise, and a store that differs from run to run."""
    assert compress(np.zeros((2, 6)), 3)[INDICES].tolist() == [[0, 1, 2]] * 2
