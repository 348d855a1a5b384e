"""How often TensorFlow traces a step, which takes most of the time of a short training."""

import importlib

import pytest
from toys import data, linear

from tfkd import Distiller


@pytest.mark.parametrize("flavour", ["keras", "tf_keras"])
def test_a_step_is_traced_once(flavour):
    """Variables created in the first trace, for which a large model is traced again."""
    keras, traces = importlib.import_module(flavour), []

    class Counting(keras.optimizers.Adam):
        def apply_gradients(self, pairs, **options):
            traces.append(1)
            return super().apply_gradients(pairs, **options)

    distiller = Distiller(student=linear(keras=keras), teacher=linear(seed=1))
    distiller.compile(Counting(0.1), metrics=["accuracy"], jit_compile=False)
    distiller.fit(*data(), epochs=2, validation_data=data(), verbose=0)
    assert len(traces) == 1
