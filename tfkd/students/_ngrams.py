"""Hashed n-grams of word pieces, computed inside the model with int32 arithmetic."""

from __future__ import annotations

import keras
from keras import ops

# Odd primes below 2**16, so that `row * factor` with row < 2**15 stays inside int32.
_FACTORS = (52_667, 40_009)
_FOLD = 32_749


def ngram_rows(ids, order: int, buckets: int):
    """A row in 1..buckets-1 for the `order` pieces that start at each place; 0 where one is missing.

    `ids` is `[batch, length]`; the result has the same shape. The hash multiplies and folds:
    `h <- (h mod 32749) * 52667 + next`, which never leaves int32.
    """
    row, there = ids, ops.not_equal(ids, 0)
    for offset in range(1, order):
        following = _shifted(ids, offset)
        there = ops.logical_and(there, ops.not_equal(following, 0))
        row = ops.mod(row, _FOLD) * _FACTORS[(offset - 1) % 2] + following
    return ops.where(there, ops.mod(row, buckets - 1) + 1, 0)


def _shifted(ids, offset: int):
    return ops.pad(ids[:, offset:], [[0, 0], [0, offset]])


def summed(rows, buckets: int, width: int, name: str):
    """The sum of the embeddings of `rows` `[batch, length]`, padding left out: `[batch, width]`."""
    table = keras.layers.Embedding(buckets, width, embeddings_initializer="zeros", name=name)
    return ops.sum(table(rows) * ops.expand_dims(ops.cast(ops.not_equal(rows, 0), "float32"), -1), axis=1)
