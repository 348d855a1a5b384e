"""Run by `test_adversarial_distiller.py` in a process of its own: one step on 1 and 2 devices.

Prints how far the weights are apart as JSON. The devices must be made before TensorFlow starts.
"""

import json

import keras
import numpy as np
import tensorflow as tf

tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2
)

from test_adversarial_distiller import reader, texts

from tfkd import HardLabels, SoftTargets
from tfkd.training.adversarial_distiller import AdversarialDistiller
from tfkd.training.attacks import FastGradient, VirtualAdversary


def step(strategy, attack):
    x, y = texts()
    with strategy.scope():
        distiller = AdversarialDistiller(
            student=reader(), objective=HardLabels() + SoftTargets(), attack=attack
        )
        distiller.compile(keras.optimizers.SGD(1.0), jit_compile=False)
    # Of five texts, three are on one replica and two on the other.
    data = tf.data.Dataset.from_tensor_slices((x, y)).take(5).batch(5)
    distiller.fit(data, verbose=0)
    return distiller.student.get_weights()


def difference(attack):
    one = step(tf.distribute.get_strategy(), attack)
    two = step(tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]), attack)
    return max(float(np.abs(a - b).max()) for a, b in zip(one, two, strict=True))


if __name__ == "__main__":
    print(json.dumps([difference(attack) for attack in (FastGradient(), VirtualAdversary())]))
