import numpy as np
import pytest
import tensorflow as tf

from tfkd.distribution import global_sum, share_of_batch, share_of_global_mean


def share(values, weights):
    return share_of_global_mean(tf.constant(values), tf.constant(weights)).numpy()


def test_weighted_mean():
    """Dividing by the number of examples instead of their weight shrinks the step."""
    assert share([1.0, 3.0, 8.0], [1.0, 0.5, 0.0]) == pytest.approx(2.5 / 1.5)


def test_an_example_without_weight_adds_nothing_even_as_nan():
    """NaN * 0 is NaN."""
    assert share([1.0, np.nan, np.inf], [1.0, 0.0, 0.0]) == 1.0


def test_no_weight_at_all():
    """A batch of nothing but padding: no update, no NaN."""
    assert share([1.0, np.nan], [0.0, 0.0]) == 0.0


def test_gradient_of_an_unweighted_nan_is_zero():
    """The gradient of the branch that `tf.where` did not take must not leak."""
    values, weights = tf.constant([2.0, np.nan]), tf.constant([1.0, 0.0])
    with tf.GradientTape() as tape:
        tape.watch(values)
        mean = share_of_global_mean(values, weights)
    np.testing.assert_array_equal(tape.gradient(mean, values), [1.0, 0.0])


def test_outside_of_a_strategy():
    """One device is the ordinary case and must cost nothing."""
    assert global_sum(tf.constant(3.0)) == 3.0
    assert share_of_batch(tf.zeros(3)) == 1.0
    assert share_of_batch(tf.zeros(0)) == 0.0


def test_inside_a_strategy_of_one():
    """OneDeviceStrategy has a replica context of one."""
    strategy = tf.distribute.OneDeviceStrategy("CPU:0")
    run = strategy.run(lambda: share_of_global_mean(tf.constant([4.0]), tf.constant([2.0])))
    assert run == 4.0
