"""Bad examples end a training, also where workers ask each other in some steps only."""

import keras
import pytest
import tensorflow as tf

from tfkd import UserError
from tfkd.training.bad_example_callback import bad_example_callback
from tfkd.training.bad_examples import BadExamples


@pytest.fixture
def watched():
    """The counter, and the callback in the third epoch of a training, that looks every 8 steps."""
    bad = BadExamples()
    callback = bad_example_callback(keras, bad, 8)
    callback.on_train_begin()
    callback.on_epoch_begin(2)
    return bad, callback


def test_it_looks_every_so_many_steps(watched):
    """A turn over the network in each step."""
    bad, callback = watched
    bad.add("targets", tf.constant([True, False]))
    callback.on_train_batch_end(0)
    with pytest.raises(UserError, match=r"for 1 example\(s\) at step 8 of epoch 3"):
        callback.on_train_batch_end(7)


@pytest.mark.parametrize("end", ["on_epoch_end", "on_test_begin"])
def test_the_last_steps_of_an_epoch_are_not_forgotten(watched, end):
    """A validation that clears the count of the training before it."""
    bad, callback = watched
    bad.add("targets", tf.constant([True, True]))
    with pytest.raises(UserError, match=r"for 2 example\(s\) before the end of epoch 3"):
        callback.on_test_begin() if end == "on_test_begin" else callback.on_epoch_end(2)


def test_the_last_steps_of_an_evaluation_are_not_forgotten():
    """The same of `evaluate`."""
    bad = BadExamples()
    callback = bad_example_callback(keras, bad, 8)
    callback.on_test_begin()
    bad.add("targets", tf.constant([True]))
    callback.on_test_batch_end(2)
    with pytest.raises(UserError, match="before the end of evaluate"):
        callback.on_test_end()
