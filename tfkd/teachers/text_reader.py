"""Keras models that read texts themselves, by `TextVectorization` or `StringLookup` inside."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from ..errors import UserError
from ..losses._batch import Outputs
from ..models.callables import as_teacher
from ..store.fingerprint import fingerprint
from .single_texts import SingleTexts

MOST = 100_000
"""Characters of a text that are handed on."""


class Characters(SingleTexts):
    """The encoder of models that read texts: the code point of each character is its id.

    >>> Characters().encode_many(["a b", ""])
    [[97, 32, 98], [32]]
    """

    whose = "models that read texts themselves"
    vocab_size, pad_id = 0x110000, 0

    def __init__(self, max_length: int = MOST) -> None:
        self.max_length = max_length

    def encode_many(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the characters of each text as numbers; 0 is padding."""
        # A text without any character would have no id at all.
        return [[ord(c) for c in text[: self.max_length] if c != "\0"] or [32] for text in texts]

    def fingerprint(self) -> str:
        """Return the same digest always: there is one such encoder."""
        return hashlib.sha256(b"characters").hexdigest()[:16]


class TextReader:
    """A Keras model of texts, as a function of the ids of `Characters`.

    Args:
        model: A Keras model with one input of strings, of shape `()` or `(1,)`.
        origin: What to call it in errors.

    Raises:
        UserError: It reads several strings a text.
    """

    jit = False

    def __init__(self, model: Any, origin: str) -> None:
        self.model = model
        shape = tuple(text_input(model).shape)
        if shape[1:] not in ((), (1,)):
            raise UserError(
                f"{origin} reads strings of shape {shape}: give a model that reads whole texts, "
                'keras.Input((), dtype="string"), with what splits them inside.'
            )
        self._nested = len(shape) == 2
        self._held = as_teacher(model)

    def __call__(self, ids: Any, reads: tuple[str, ...] = ("logits",)) -> Outputs:
        """Return the outputs by name for ids `[batch, length]`."""
        characters = tf.RaggedTensor.from_tensor(tf.cast(ids, tf.int32), padding=0)
        texts = tf.strings.unicode_encode(characters, "UTF-8")
        # From a graph without known sizes, the shape is lost.
        texts = tf.reshape(texts, [tf.shape(ids)[0]])
        return self._held(texts[:, None] if self._nested else texts, reads)

    @property
    def fingerprint(self) -> str:
        """That of the model, for a store."""
        return str(fingerprint(self.model)["teacher"])


def text_input(model: Any) -> Any:
    """Return the symbolic input of a model of one string a text, `None` of any other model."""
    inputs = tf.nest.flatten(getattr(model, "inputs", None) or [])
    if len(inputs) != 1 or tf.as_dtype(inputs[0].dtype) != tf.string:
        return None
    return inputs[0]
