import numpy as np
import pytest
import tensorflow as tf

from tfkd import LogitError, UserError
from tfkd.losses._batch import Batch


def loss(student, teacher, **options):
    sides = ({"logits": tf.constant(side, tf.float32)} for side in (student, teacher))
    return LogitError(**options)(*sides, Batch()).numpy()


def test_huber_joins_smoothly_at_delta():
    """A jump at delta is a wall that training bounces off."""
    below, above = (loss([[x]], [[0.0]], form="binary", kind="huber")[0] for x in (0.999, 1.001))
    assert above - below == pytest.approx(0.002, rel=1e-2)


def test_masked_classes_are_left_out_of_the_mean():
    """-inf minus -inf is NaN."""
    got = loss([[1.0, -np.inf, 5.0]], [[3.0, -np.inf, -np.inf]])
    np.testing.assert_allclose(got, [4.0])


@pytest.mark.parametrize("delta", [0.0, -1.0, float("nan"), float("inf")])
def test_delta_out_of_range(delta):
    """A delta of 0 is a loss of 0."""
    with pytest.raises(UserError, match="delta is"):
        LogitError(kind="huber", delta=delta)


def test_unknown_kind():
    """A misspelt kind must not fall back to a default."""
    with pytest.raises(UserError, match="'squared' or 'huber'"):
        LogitError(kind="absolute")
