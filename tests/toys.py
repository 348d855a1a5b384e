"""Tiny models and data for the tests of the Distiller."""

import keras
import numpy as np

FEATURES, CLASSES = 5, 3


def linear(classes=CLASSES, seed=0, keras=keras, **options):
    """A student or teacher of one layer; equal seeds are equal weights, in either Keras."""
    model = keras.Sequential([keras.Input((FEATURES,)), keras.layers.Dense(classes, **options)])
    rng = np.random.default_rng(seed)
    shape = (FEATURES, classes)
    model.set_weights([rng.normal(size=shape), rng.normal(size=classes)])
    return model


def mlp(classes=CLASSES, dropout=0.0, l2=0.0, seed=1, activation=None):
    """A student with what `model.fit` honours: dropout and regularisation."""
    init = keras.initializers.GlorotUniform
    regularizer = keras.regularizers.L2(l2) if l2 else None
    dense = keras.layers.Dense
    return keras.Sequential(
        [
            keras.Input((FEATURES,)),
            dense(8, "relu", kernel_initializer=init(seed), kernel_regularizer=regularizer),
            keras.layers.Dropout(dropout, seed=seed),
            dense(classes, activation, kernel_initializer=init(seed + 1)),
        ]
    )


def tagger(vocabulary=20, classes=CLASSES, seed=0):
    """Ids and attention mask `[batch, time]` in, logits `[batch, time, classes]` out."""
    init = keras.initializers.RandomNormal(seed=seed)
    ids = keras.Input((None,), dtype="int32", name="input_ids")
    mask = keras.Input((None,), dtype="int32", name="attention_mask")
    x = keras.layers.Embedding(vocabulary, 8, embeddings_initializer=init)(ids)
    x = keras.layers.Dense(classes, kernel_initializer=init)(x)
    return keras.Model({"input_ids": ids, "attention_mask": mask}, {"logits": x})


def data(count=24, classes=CLASSES, seed=0):
    """Features `[count, 5]` and labels `[count]`."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(count, FEATURES)).astype("float32")
    return x, rng.integers(0, classes, count).astype("int32")


def token_data(count=8, length=6, vocabulary=20, classes=CLASSES, seed=0):
    """Inputs of `tagger`, padded from the second half on, and tags."""
    rng = np.random.default_rng(seed)
    ids = rng.integers(1, vocabulary, (count, length)).astype("int32")
    lengths = rng.integers(1, length + 1, count)
    mask = (np.arange(length) < lengths[:, None]).astype("int32")
    tags = rng.integers(0, classes, (count, length)).astype("int32")
    return {"input_ids": ids * mask, "attention_mask": mask}, tags


def assert_same_weights(one, other, **tolerance):
    """Two models have the same weights."""
    for a, b in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, **(tolerance or {"rtol": 0, "atol": 0}))


class Counting:
    """A teacher that counts how often it is called; not from a trace."""

    jit = False

    def __init__(self, model):
        self.model, self.calls = model, 0

    def __call__(self, inputs, reads):
        """The model's logits, through Python at every step."""
        import tensorflow as tf

        def run(x):
            self.calls += 1
            return np.asarray(self.model(x, training=False), "float32")

        logits = tf.numpy_function(run, [inputs], tf.float32)
        logits.set_shape((None, self.model.output_shape[-1]))
        return {"logits": logits}


def distil(student, *fit_data, teacher=None, objective=None, compile=None, build=None, **fit):
    """Distil with what is quick on a tiny model; returns the history and the Distiller."""
    from tfkd import Distiller

    distiller = Distiller(student=student, teacher=teacher, objective=objective, **(build or {}))
    optimizer = distiller.keras.optimizers.SGD(0.1)
    distiller.compile(**{"optimizer": optimizer, "jit_compile": False, **(compile or {})})
    options = {"verbose": 0, "shuffle": False, **fit}
    return distiller.fit(*fit_data, **options).history, distiller
