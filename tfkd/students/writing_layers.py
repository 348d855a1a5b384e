"""The layers of students that write, each made when its name is first asked for."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import keras
import numpy as np

from ..errors import UserError
from ..models.decoders.recurrent_layers import BOTH_WAYS, GRU, MIX, START
from ..models.decoders.transformer_layers import FREQUENCIES, JOIN, SPLIT, TABLE
from ..text.words import DECODER_IDS
from ._parts import Settings

LONGEST_WAVE = 10_000.0
_COUNTS = ("encoder", "decoder", "layers", "heads", "width")


def target_input() -> keras.KerasTensor:
    """Make the second input of a student that writes: what it has written, `[batch, length]`."""
    return keras.Input((None,), dtype="int32", name=DECODER_IDS)


class LayerMaker:
    """Make the layers of a model that writes by their names, each once.

    Args:
        vocab_size: Number of token ids.
        options: `width`, `heads` and `dropout` among them.

    Raises:
        UserError: A count that is no whole number from 1 on, a width that the heads do not divide,
            or a Keras without a table that is read both ways.
    """

    def __init__(self, vocab_size: int, options: Settings) -> None:
        self._vocab_size, self._options = vocab_size, options
        self._made: dict[str, keras.layers.Layer] = {}
        _check_counts(options)
        width, heads = options["width"], options["heads"]
        if width % heads or width % 2:
            raise UserError(
                f"width is {width} with {heads} heads: write an even width that is a multiple of "
                "heads."
            )

    def __call__(self, name: str) -> keras.layers.Layer:
        """Return the layer of a name."""
        if name not in self._made:
            self._made[name] = self._make(name)
        return self._made[name]

    def _make(self, name: str) -> keras.layers.Layer:
        width, heads = self._options["width"], self._options["heads"]
        if name == TABLE:
            return reversible_table(self._vocab_size, width)
        if name == FREQUENCIES:
            return _frequencies(width // 2)
        if name == SPLIT:
            return keras.layers.Reshape((-1, heads, width // heads), name=name)
        if name == JOIN:
            return keras.layers.Reshape((-1, width), name=name)
        if name.startswith(BOTH_WAYS):
            gru = keras.layers.GRU(width // 2, return_sequences=True)
            return keras.layers.Bidirectional(gru, name=name)
        if name.startswith(GRU):
            return keras.layers.GRU(width, return_sequences=True, name=name)
        return self._make_of_kind(name)

    def _make_of_kind(self, name: str) -> keras.layers.Layer:
        """Make a layer of which there are several, by the last word of its name."""
        width, kind = self._options["width"], name.rpartition("_")[2]
        if name.startswith(START) or name == MIX:
            return keras.layers.Dense(width, activation="tanh", name=name)
        if kind in ("query", "key", "value", "outer"):
            return keras.layers.Dense(width, name=name)
        if kind == "inner":
            return keras.layers.Dense(4 * width, activation="relu", name=name)
        if kind == "norm":
            return keras.layers.LayerNormalization(name=name)
        if kind == "weights":
            return keras.layers.Softmax(name=name)
        if kind in ("dropout", "embeddings"):
            # No seed: layers of one shape and one seed would drop the same places.
            return keras.layers.Dropout(self._options["dropout"], name=name)
        return keras.layers.Add(name=name)


def reversible_table(vocab_size: int, width: int) -> keras.layers.Layer:
    """Make a table of vectors of tokens that turns vectors into logits too.

    Args:
        vocab_size: How many vectors.
        width: How many numbers a vector has.

    Raises:
        UserError: A Keras that has no such layer.
    """
    kind: Any = getattr(keras.layers, "ReversibleEmbedding", None)
    if kind is None:
        raise UserError(
            f"students that write need keras.layers.ReversibleEmbedding, which Keras "
            f"{keras.__version__} has not: pip install -U keras."
        )
    spread = keras.initializers.RandomNormal(stddev=width**-0.5)
    return kind(
        vocab_size, width, embeddings_initializer=spread, reverse_dtype="float32", name=TABLE
    )


def _check_counts(options: Settings) -> None:
    """Refuse a model without a block: its file would be taken for that of another architecture.

    Raises:
        UserError: A count is no whole number from 1 on.
    """
    for name in _COUNTS:
        value = options.get(name, 1)
        if not isinstance(value, Integral) or isinstance(value, bool) or value < 1:
            raise UserError(f"{name} is {value!r}: write a whole number, at least 1.")


def _frequencies(count: int) -> keras.layers.Layer:
    """Make the layer that gives the angles of a position, whose weights are fixed."""
    layer = keras.layers.Dense(
        count, use_bias=False, trainable=False, dtype="float32", name=FREQUENCIES
    )
    layer.build((None, None, 1))
    layer.set_weights([LONGEST_WAVE ** -(np.arange(count, dtype="float32") / count)[None]])
    return layer
