"""Trainings on the grid, for the tests of this folder; run by them on one and two devices."""

import json

import keras
import numpy as np
import tensorflow as tf

from tfkd import Distiller, HardLabels
from tfkd.compression import Evidence, parse

VOCABULARY, LENGTH, BATCH, STEPS = 96, 8, 16, 12
rng = np.random.default_rng(0)
X = rng.integers(1, VOCABULARY, (64, LENGTH)).astype("int32")
Y = (X.sum(axis=1) % 3).astype("int32")


def student(seed=2):
    """A table and two matrices of 1,024 numbers or more, and a small one."""
    keras.utils.set_random_seed(seed)
    layers = keras.layers
    ids = keras.Input((LENGTH,), dtype="int32", name="input_ids")
    x = layers.Embedding(VOCABULARY, 32, name="table")(ids)
    x = layers.add([x, layers.MultiHeadAttention(2, 16, name="attention")(x, x)])
    x = layers.GlobalAveragePooling1D()(x)
    x = layers.Dense(64, "relu", name="inner")(x)
    return keras.Model(ids, layers.Dense(3, name="logits")(x))


def train(spec, *, backup=None, callbacks=(), **options):
    """A student and its rule after a training on the grid, before it is finished."""
    kind = parse(spec)
    model = kind.apply(student(), Evidence(list))
    rule = kind.rule(model, STEPS)
    distiller = Distiller(student=model, objective=HardLabels(), rules=[rule])
    distiller.compile(keras.optimizers.SGD(0.2, momentum=0.9), **options)
    dataset = tf.data.Dataset.from_tensor_slices((X, Y)).batch(BATCH)
    epochs = STEPS * BATCH // len(X)
    distiller.fit(dataset, epochs=epochs, verbose=0, backup=backup, callbacks=list(callbacks))
    return distiller, rule


def main():
    """Print how far weights on two devices are from those on one, by spec."""
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    # One strategy for both: collective operations of a second one would get the names of the first.
    strategy, found = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]), {}
    for spec in ("grid:int8", "grid:int4"):
        one, _ = train(spec)
        with strategy.scope():
            two, _ = train(spec)
        parse(spec).finish(two.student)
        parse(spec).finish(one.student)
        pairs = zip(one.student.get_weights(), two.student.get_weights(), strict=True)
        found[spec] = max(float(np.abs(a - b).max()) for a, b in pairs)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
