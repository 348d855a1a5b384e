"""A model that ends its texts by several tokens, as one that has a single token for that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from ...text.decoding import NextTokens
from .finding import find_generator
from .generate_settings import WritingSettings
from .weight_digest import digest_weights
from .wrapped_texts import WrappedTexts


class SingleEndTexts(WrappedTexts):
    """A model by which one token is as likely as all that end its texts together.

    A student's texts end by one token. Of a model that has several, it would learn to write the
    others, and to go on behind them. They are as unlikely here as the unlikeliest token.

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
        """Return the outputs by name, with one end among the logits.

        Args:
            inputs: Ids, or arrays by name.
            reads: The names of the outputs.
        """
        outputs = self._held(inputs, reads)
        first, others = self.writing.end, self.writing.also_ends
        return {**outputs, "logits": join_ends(outputs["logits"], first, others)}

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
        """That of the model, which had several ends in older stores."""
        own = getattr(self._wrapped, "fingerprint", None)
        return f"{own or digest_weights(self._wrapped, str(self.writing))}, one end"


def join_ends(logits: tf.Tensor, first: int, others: tuple[int, ...]) -> tf.Tensor:
    """Return logits by which a token is as likely as others and itself together.

    Args:
        logits: Of the next token, `[..., vocabulary]`.
        first: The token.
        others: The others, which get the least of all logits: minus infinity is no target.

    >>> print(tf.exp(join_ends(tf.math.log([[0.5, 0.25, 0.15, 0.1]]), 1, (2,))).numpy().round(2))
    [[0.5 0.4 0.1 0.1]]
    """
    logits = tf.convert_to_tensor(logits)
    together = tf.gather(logits, (first, *others), axis=-1)
    likely = tf.reduce_logsumexp(together, axis=-1, keepdims=True)
    size = tf.shape(logits)[-1]
    is_first = tf.one_hot(first, size, True, False, dtype=tf.bool)
    is_other = tf.reduce_any(tf.one_hot(others, size, True, False, dtype=tf.bool), axis=0)
    least = tf.reduce_min(logits, axis=-1, keepdims=True)
    return tf.where(is_first, likely, tf.where(is_other, least, logits))
