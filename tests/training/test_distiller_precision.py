"""Half precision on either side."""

import keras
import numpy as np
import pytest
from toys import FEATURES, data, distil, linear

X, Y = data(32)


def half(policy, seed):
    """The linear model of `toys`, computing in half precision."""
    dense = keras.layers.Dense(3, dtype=policy)
    model = keras.Sequential([keras.Input((FEATURES,)), dense])
    model.set_weights(linear(seed=seed).get_weights())
    return model


@pytest.mark.slow_but_one
@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
@pytest.mark.parametrize("side", ["student", "teacher", "both"])
def test_mixed_precision_trains_as_float32(policy, side):
    """A loss in float16 overflows at 65504, and a loss scale left in makes steps of thousands."""
    student = half(policy, 1) if side != "teacher" else linear(seed=1)
    teacher = half(policy, 7) if side != "student" else linear(seed=7)
    twin = linear(seed=1)
    history, _ = distil(student, X, Y, teacher=teacher, batch_size=8, epochs=2)
    want, _ = distil(twin, X, Y, teacher=linear(seed=7), batch_size=8, epochs=2)
    np.testing.assert_allclose(history["loss"], want["loss"], rtol=2e-2)
    for a, b in zip(student.get_weights(), twin.get_weights(), strict=True):
        assert a.dtype == np.float32
        np.testing.assert_allclose(a, b, atol=2e-2)


def test_the_loss_scale_is_undone():
    """float16 gradients of 1e-6 are zero unless scaled, and the update must not be."""
    student, twin = half("mixed_float16", 1), linear(seed=1)
    scaled = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1), initial_scale=1024.0)
    history, _ = distil(student, X, Y, teacher=linear(seed=7), compile={"optimizer": scaled})
    want, _ = distil(twin, X, Y, teacher=linear(seed=7))
    np.testing.assert_allclose(history["loss"], want["loss"], rtol=1e-2)
    for a, b in zip(student.get_weights(), twin.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-2)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_a_global_policy(policy):
    """Set for the whole program, it must not reach the reported numbers or our own sums."""
    keras.config.set_dtype_policy(policy)
    try:
        student, teacher = half(None, 1), half(None, 7)
        history, _ = distil(student, X, Y, teacher=teacher, epochs=2, compile={"jit_compile": True})
    finally:
        keras.config.set_dtype_policy("float32")
    want, _ = distil(linear(seed=1), X, Y, teacher=linear(seed=7), epochs=2)
    np.testing.assert_allclose(history["loss"], want["loss"], rtol=2e-2)
