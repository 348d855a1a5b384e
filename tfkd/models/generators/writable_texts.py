"""A model that writes, by which only what it would write is likely."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from ...text.decoding import NextTokens
from .finding import find_generator
from .generate_settings import WritingSettings
from .weight_digest import digest_weights
from .wrapped_texts import WrappedTexts


class WritableTexts(WrappedTexts):
    """A model by which one token ends a text, and none is likely that is never written.

    A student's texts end by one token. Of a model that has several, it would learn to write the
    others, and to go on behind them. What a model never writes, such as its padding, may be likely
    by its logits all the same. Both are as unlikely here as the unlikeliest token.

    Args:
        model: The model.
        settings: How it begins and ends a text.
    """

    def __init__(self, model: Any, settings: WritingSettings) -> None:
        super().__init__(model)
        self.writing = settings

    @property
    def output_shapes(self) -> Mapping[str, tuple[int | None, ...]]:
        """The shape of each output for one text."""
        own = getattr(self._wrapped, "output_shapes", None)
        return own or {"logits": (None, int(self._wrapped.config.vocab_size))}

    def __call__(self, inputs: Any, reads: tuple[str, ...] = ("logits",)) -> dict[str, Any]:
        """Return the outputs by name, with the logits of what is written.

        Args:
            inputs: Ids, or arrays by name.
            reads: The names of the outputs.
        """
        outputs = self._held(inputs, reads)
        return {**outputs, "logits": keep_writable(outputs["logits"], self.writing)}

    def next_tokens(self, encoder: Any) -> NextTokens:
        """Return what may come next, with what the model remembers.

        Args:
            encoder: Its tokenizer.
        """
        found = find_generator(self._wrapped, encoder)
        assert found is not None  # of a model that writes
        return found

    @property
    def fingerprint(self) -> str:
        """That of the model, whose own logits are in older stores."""
        own = getattr(self._wrapped, "fingerprint", None)
        return f"{own or digest_weights(self._wrapped, str(self.writing))}, as it writes"


def keep_writable(logits: tf.Tensor, settings: WritingSettings) -> tf.Tensor:
    """Return logits with one end, and with none that stands out among what is never written.

    What is not written gets the least of all logits: minus infinity is no target.

    Args:
        logits: Of the next token, `[..., vocabulary]`.
        settings: What ends a text, and what is never written.

    >>> settings = WritingSettings((0,), end=1, never=(4,), also_ends=(2,))
    >>> logits = tf.math.log([[0.4, 0.2, 0.1, 0.05, 0.25]])
    >>> print(tf.exp(keep_writable(logits, settings)).numpy().round(2))
    [[0.4  0.3  0.05 0.05 0.05]]
    """
    logits = tf.convert_to_tensor(logits)
    ends = (settings.end, *settings.also_ends)
    likely = tf.reduce_logsumexp(tf.gather(logits, ends, axis=-1), axis=-1, keepdims=True)
    least = tf.reduce_min(logits, axis=-1, keepdims=True)
    marks = np.zeros([2, logits.shape[-1]], bool)
    marks[0, settings.end] = True
    marks[1, list(settings.unwritten)] = True
    return tf.where(marks[0], likely, tf.where(marks[1], least, logits))
