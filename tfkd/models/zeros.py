"""How many of a model's parameters are zero."""

from __future__ import annotations

from typing import Any

import numpy as np

from .keras_internals import statistics_of


def share_of_zeros(model: Any) -> float:
    """Return the share of a Keras model's trainable parameters that are exactly zero, 0 to 1.

    Weights that were frozen for a training count as well; statistics of layers do not.

    Args:
        model: Of Keras 3 or tf_keras, with weights.

    >>> import keras
    >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    >>> _ = model.layers[0].kernel.assign([[1.0], [0.0], [2.0]])
    >>> share_of_zeros(model)
    0.5
    """
    statistics = {id(weight) for weight in statistics_of(model)}
    arrays = [
        np.asarray(weight, "float32") for weight in model.weights if id(weight) not in statistics
    ]
    count = sum(array.size for array in arrays)
    return sum(array.size - int(np.count_nonzero(array)) for array in arrays) / max(count, 1)
