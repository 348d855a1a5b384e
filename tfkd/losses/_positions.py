"""How much each position of a batch counts."""

from __future__ import annotations

import tensorflow as tf

from ._batch import IGNORE, Batch

# No model is so sure by itself.
_NEVER = -5e3


def position_weights(logits: tf.Tensor, batch: Batch) -> tf.Tensor:
    """Return `batch.mask` as float32, or ones: logits without the last axis."""
    if batch.mask is None:
        return tf.ones(tf.shape(logits)[:-1], tf.float32)
    return tf.cast(batch.mask, tf.float32)


def is_labelled(labels: tf.Tensor) -> tf.Tensor:
    """Return where a label is known: neither -100 nor NaN (regression)."""
    if labels.dtype.is_floating:
        return tf.logical_not(tf.math.is_nan(labels) | tf.equal(labels, float(IGNORE)))
    return tf.not_equal(labels, IGNORE)


def is_possible(logits: tf.Tensor) -> tf.Tensor:
    """Return where a logit is one of a class: not -inf, nor one of padding, -10,000."""
    return logits > _NEVER


def count_classes(logits: tf.Tensor) -> int | tf.Tensor:
    """Return how many classes logits have; a tensor where that differs from batch to batch.

    Of an answer within a text each word is a class.
    """
    size = logits.shape[-1]
    return tf.shape(logits)[-1] if size is None else int(size)


def per_example(values: tf.Tensor) -> tf.Tensor:
    """Sum over all axes but the first: `[batch, ...]` to `[batch]`."""
    return tf.reduce_sum(values, axis=tuple(range(1, values.shape.rank)))
