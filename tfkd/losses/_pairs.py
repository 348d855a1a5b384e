"""Matrices `[batch, heads, queries, keys]` of which only real queries and keys count."""

from __future__ import annotations

import tensorflow as tf

from ._divergence import kl_terms
from ._feature_tensors import to_bool

_HIDDEN = -1e9


def pair_mask(mask: tf.Tensor | None, matrices: tf.Tensor) -> tf.Tensor:
    """Return where query and key are tokens: `[batch, 1, queries, keys]`."""
    if mask is None:
        return tf.ones_like(matrices[:, :1], tf.bool)
    there = to_bool(mask)
    return there[:, None, :, None] & there[:, None, None, :]


def log_softmax_over_keys(scores: tf.Tensor, mask: tf.Tensor | None) -> tf.Tensor:
    """Return log-probabilities over the keys that are there; -1e9 and less elsewhere."""
    return tf.nn.log_softmax(tf.where(pair_mask(mask, scores), scores, _HIDDEN))


def log_of_probabilities(probabilities: tf.Tensor, mask: tf.Tensor | None) -> tf.Tensor:
    """Return the logs of probabilities, which add up to 1 over the keys that are there."""
    shown = tf.where(pair_mask(mask, probabilities), probabilities, 0.0)
    return tf.nn.log_softmax(tf.where(shown > 0, tf.math.log(tf.maximum(shown, 1e-30)), _HIDDEN))


def mean_divergence(log_p: tf.Tensor, log_q: tf.Tensor, mask: tf.Tensor | None) -> tf.Tensor:
    """Average the KL of each row from the teacher's over heads and real queries: `[batch]`."""
    pairs = pair_mask(mask, log_p)
    sides = (tf.where(pairs, side, 0.0) for side in (log_p, log_q))
    terms = tf.where(pairs, kl_terms(*sides), 0.0)
    rows = tf.reduce_mean(tf.reduce_sum(terms, axis=-1), axis=1)
    if mask is None:
        return tf.reduce_mean(rows, axis=-1)
    count = tf.reduce_sum(tf.cast(to_bool(mask), tf.float32), axis=-1)
    return tf.math.divide_no_nan(tf.reduce_sum(rows, axis=-1), count)


def mean_square(difference: tf.Tensor, mask: tf.Tensor | None) -> tf.Tensor:
    """Average the square over heads and real pairs of tokens: `[batch]`."""
    pairs = pair_mask(mask, difference)
    squares = tf.reduce_mean(tf.square(tf.where(pairs, difference, 0.0)), axis=1)
    count = tf.reduce_sum(tf.cast(pairs, tf.float32), axis=[1, 2, 3])
    return tf.math.divide_no_nan(tf.reduce_sum(squares, axis=[1, 2]), count)
