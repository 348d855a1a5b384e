"""Run by `test_replicas.py` in a process of its own: the same tuning on 1 and on 2 devices.

Prints the differences as JSON. The devices must be made before TensorFlow starts.
"""

import json

import keras
import numpy as np
import tensorflow as tf

from tfkd import Distiller, HardLabels
from tfkd.models.tuning import slow_lower_layers, tune
from tfkd.students import build

RNG = np.random.default_rng(0)
IDS = RNG.integers(1, 40, (21, 6)).astype("int32")
LABELS = (IDS[:, 0] % 3).astype("int32")
SIZE = {"layers": 2, "width": 16, "heads": 2, "dropout": 0.0}


def train(strategy, way):
    with strategy.scope():
        student = build("transformer", 40, 3, "tiny", seed=1, **SIZE)
        tuning = tune(student, way, seed=3)
        rules = slow_lower_layers(tuning.model, 0.5)
        distiller = Distiller(student=tuning.model, objective=HardLabels(), rules=rules)
        distiller.compile(keras.optimizers.SGD(0.5))
    # Batches of 8, 8 and 5.
    distiller.fit(tf.data.Dataset.from_tensor_slices((IDS, LABELS)).batch(8), epochs=2, verbose=0)
    before = tuning.model(IDS).numpy()
    with strategy.scope():
        made = tuning.finish()
    return made.get_weights(), float(np.abs(made(IDS).numpy() - before).max())


def main():
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    two = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    found = {}
    for way in ("lora:2", "adapter:4"):
        (one, _), (other, merged) = train(tf.distribute.get_strategy(), way), train(two, way)
        pairs = zip(one, other, strict=True)
        found[way] = [max(float(np.abs(a - b).max()) for a, b in pairs), merged]
    print(json.dumps(found))


if __name__ == "__main__":
    main()
