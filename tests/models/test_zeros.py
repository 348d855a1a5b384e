"""The share of a model's parameters that are zero."""

import keras
import numpy as np
import pytest
import tf_keras

from tfkd.models.zeros import share_of_zeros


@pytest.mark.parametrize("package", [keras, tf_keras])
@pytest.mark.parametrize("trainable", [True, False])
def test_statistics_of_layers_are_no_parameters_and_frozen_weights_are(package, trainable):
    layers = package.layers
    model = package.Sequential(
        [layers.InputLayer((2,)), layers.Dense(2, use_bias=False), layers.BatchNormalization()]
    )
    model.layers[-2].set_weights([np.array([[1.0, 0.0], [0.0, 0.0]])])
    model.layers[-2].trainable = trainable
    # 3 of the kernel and 2 of beta, of 4, 2 of gamma and 2 of beta.
    assert share_of_zeros(model) == 5 / 8
