"""Trainings that keep zeros, for the tests of this folder; run by them on one and two devices."""

import json

import keras
import numpy as np
import tensorflow as tf
from toys import data

from tfkd import Distiller, HardLabels
from tfkd.compression import Evidence, parse
from tfkd.compression.sparse.kernels import find_kernels

X, Y = data(64)
STEPS, BATCH = 24, 16
OPTIMIZERS = {
    "momentum": lambda: keras.optimizers.SGD(0.1, momentum=0.9),
    "adamw": lambda: keras.optimizers.AdamW(0.05, weight_decay=0.1, clipnorm=0.5),
    "average": lambda: keras.optimizers.Adam(0.05, use_ema=True, ema_overwrite_frequency=5),
}


def student(policy="float32"):
    keras.utils.set_random_seed(2)
    layers = keras.layers
    x = inputs = keras.Input((X.shape[1],))
    x = layers.Reshape((X.shape[1], 1))(x)
    x = layers.Dense(8, dtype=policy)(x)
    x = layers.add([x, layers.MultiHeadAttention(2, 4, dtype=policy)(x, x)])
    x = layers.GlobalAveragePooling1D()(x)
    x = layers.Dense(16, "relu", dtype=policy)(x)
    return keras.Model(inputs, layers.Dense(3, dtype="float32")(x))


def train(spec, optimizer="adamw", *, steps=STEPS, backup=None, callbacks=(), **options):
    """A compressed student after a training, before the compression finishes it."""
    policy = options.pop("policy", "float32")
    kind = parse(spec)
    model = kind.apply(student(policy), Evidence(list))
    rule = kind.rule(model, STEPS)
    distiller = Distiller(student=model, objective=HardLabels(), rules=[rule] if rule else [])
    distiller.compile(OPTIMIZERS[optimizer](), **options)
    dataset = tf.data.Dataset.from_tensor_slices((X, Y)).batch(BATCH)
    epochs = steps * BATCH // len(X)
    distiller.fit(dataset, epochs=epochs, verbose=0, backup=backup, callbacks=list(callbacks))
    return model


def kernels(model):
    return [kernel.variable.numpy() for kernel in find_kernels(model)]


def shares(model):
    return [float(np.mean(kernel == 0)) for kernel in kernels(model)]


def main():
    """Print how far weights on two devices are from those on one, by spec."""
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    found = {}
    for spec in ("sparse:0.75", "sparse:0.5,scope=global", "sparse:2:4"):
        one = train(spec, "momentum")
        with tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]).scope():
            two = train(spec, "momentum")
        pairs = list(zip(kernels(one), kernels(two), strict=True))
        gap = max(float(np.abs(a - b).max()) for a, b in pairs)
        same = all(((a == 0) == (b == 0)).all() for a, b in pairs)
        copies = [
            np.ptp([copy.numpy() for copy in weight.value.values], axis=0).max()
            for weight in two.trainable_variables
        ]
        found[spec] = [gap, bool(same), float(max(copies)), float(np.mean(shares(two)))]
    print(json.dumps(found))


if __name__ == "__main__":
    main()
