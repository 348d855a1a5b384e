"""A table of vectors, averaged with a learnt weight for each piece."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from ._parts import Settings, merge_settings, present, seeded, token_input
from .features import Architecture, Features

VECTORS, WEIGHTS = "token_embedding", "token_weight"
"The layers of the tables, of which the second holds the logits of weights."
SIZES = {
    "tiny": {"width": 64, "dropout": 0.1},
    "small": {"width": 120, "dropout": 0.2},
    "base": {"width": 256, "dropout": 0.3},
}
_LEAST = 1e-6  # of all weights together: a text of padding alone has none


def static(
    vocab_size: int, classes: int, size: str = "small", seed: int | None = None, **settings: Any
) -> keras.Model:
    """Average the vectors of pieces with learnt weights: ids to `[batch, classes]`.

    A weight is the sigmoid of one number a piece, which has the form of Arora et al. 2017 (A Simple
    but Tough-to-Beat Baseline for Sentence Embeddings, equation 3), a / (a + p) of a piece with
    the probability p. The order of words is not seen. Settings: `width` of the vectors, `dropout`
    before the head. `tfkd.students.static_from` starts it from a large encoder.

    Args:
        vocab_size: Number of token ids, 0 for padding among them.
        classes: Number of classes.
        size: `"tiny"`, `"small"` or `"base"`; small is a good first choice.
        seed: Seed of the initial weights and of the dropout; None draws others each time.
        **settings: Replace settings of the size, see above.

    Returns:
        A model from token ids `[batch, tokens]` to logits `[batch, classes]`.

    Raises:
        UserError: An unknown size or setting.

    >>> static(100, 2, "tiny").output.shape
    (None, 2)
    """
    options = merge_settings(SIZES, size, settings)
    with seeded(seed):
        return body(vocab_size, options, seed).classifier(classes)


def body(
    vocab_size: int, options: Settings, seed: int | None, features: str = "pooled"
) -> Features:
    """Make the student without its outputs; it gives `features="pooled"` only.

    Args:
        vocab_size: Number of token ids.
        options: All settings of a size.
        seed: Seed of the initial weights and of the dropout.
        features: `"pooled"` for one vector per text.
    """
    ids = token_input()
    normal = keras.initializers.RandomNormal(stddev=0.1, seed=seed)
    table = keras.layers.Embedding(
        vocab_size, options["width"], embeddings_initializer=normal, name=VECTORS
    )
    logits = keras.layers.Embedding(vocab_size, 1, embeddings_initializer="zeros", name=WEIGHTS)
    weights = ops.sigmoid(logits(ids)) * present(ids)
    total = ops.maximum(ops.sum(weights, axis=1), _LEAST)
    hidden = ops.sum(table(ids) * weights, axis=1) / total
    return StaticFeatures("static", ids, hidden, options["dropout"], seed)


class StaticFeatures(Features):
    """The body of a static student, whose vectors of texts are embeddings by themselves."""

    def embed(self, units: int, name: str) -> keras.KerasTensor:
        """Return the vectors as they are, or with zeros behind them, or their first numbers.

        Where sizes differ, a layer begins with that and learns on.

        Args:
            units: How many numbers.
            name: Of the layer.
        """
        if self.hidden.shape[-1] == units:
            # float32 under mixed precision too
            return keras.layers.Activation("linear", dtype="float32", name=name)(self.hidden)
        start = keras.initializers.Identity()
        return keras.layers.Dense(
            units, use_bias=False, kernel_initializer=start, dtype="float32", name=name
        )(self.hidden)


STATIC = Architecture("static", SIZES, body, learning_rate=5e-3, has_table=True)
