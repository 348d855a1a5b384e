"""Run by `test_incumbent.py` in a process of its own: the same training on 1 and on 2 devices.

Prints the differences as JSON. The devices must be made before TensorFlow starts.
"""

import json

import keras
import numpy as np
import tensorflow as tf
from toys import linear

from tfkd import Distiller, HardLabels, SoftTargets

tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2
)


class OwnLoss(keras.layers.Layer):
    """A loss of the student's own, which each replica has for its own examples."""

    def call(self, states):
        self.add_loss(0.5 * tf.reduce_mean(tf.square(states)))
        return states


def run(strategy, count, layers=()):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(count, 5)).astype("float32")
    y = rng.integers(0, 3, count).astype("int32")
    y[[1, 5, 7]] = -100
    weight = rng.uniform(0, 3, count).astype("float32")
    with strategy.scope():
        student = linear(seed=1, kernel_regularizer=keras.regularizers.L2(0.05))
        student = keras.Sequential([*student.layers, *(layer() for layer in layers)])
        objective = 0.3 * HardLabels() + 0.7 * SoftTargets(temperature=4)
        distiller = Distiller(student=student, teacher=linear(seed=7), objective=objective)
        distiller.compile(keras.optimizers.SGD(0.1), metrics=["accuracy"], teacher_in_evaluate=True)
    data = tf.data.Dataset.from_tensor_slices((x, y, weight)).batch(8)
    history = distiller.fit(data, epochs=3, verbose=0, validation_data=data).history
    return student.get_weights(), history


def differences(count, layers=()):
    weights, history = run(tf.distribute.get_strategy(), count, layers)
    mirrored, reported = run(tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]), count, layers)
    assert set(history) == set(reported), (set(history), set(reported))
    moved = [float(np.abs(a - b).max()) for a, b in zip(weights, mirrored, strict=True)]
    shown = {k: float(np.abs(np.subtract(v, reported[k])).max()) for k, v in history.items()}
    return {"weights": max(moved), **shown}


if __name__ == "__main__":
    # Batches of 8, 8 and 5 are 4 + 4, 4 + 4 and 3 + 2; a last batch of 1 is 1 + 0.
    print(json.dumps([differences(21), differences(17, [OwnLoss])]))
