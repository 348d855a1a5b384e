"""Hashed n-grams of word pieces, computed inside the model with int32 arithmetic."""

from __future__ import annotations

import keras
from keras import ops

# Primes with (_FOLD - 1) * _FACTOR + 65535 < 2**31: the hash never leaves int32.
_FACTOR = 32_749
_FOLD = 65_521


def ngram_rows(ids, order: int, buckets: int):
    """A row in 1..buckets for the `order` pieces that start at each place; 0 where one is missing.

    `ids` is `[batch, length]`, 0 for padding; the result has the same shape. The hash folds and
    multiplies, `h <- (h mod 65521) * 32749 + next`.

    >>> ops.convert_to_numpy(ngram_rows(ops.array([[5, 7, 0]]), 2, 1000)).tolist()
    [[753, 0, 0]]
    """
    row, there = ids, ops.not_equal(ids, 0)
    for offset in range(1, order):
        following = ops.pad(ids[:, offset:], [[0, 0], [0, offset]])
        there = ops.logical_and(there, ops.not_equal(following, 0))
        row = ops.mod(row, _FOLD) * _FACTOR + following
    return ops.where(there, ops.mod(row, buckets) + 1, 0)


def summed(rows, table_rows: int, width: int, name: str, initializer="zeros"):
    """The sum of one learnt vector per row, `[batch, width]`; row 0 (nothing there) left out."""
    table = keras.layers.Embedding(table_rows, width, embeddings_initializer=initializer, name=name)
    there = ops.expand_dims(ops.cast(ops.not_equal(rows, 0), "float32"), -1)
    return ops.sum(table(rows) * there, axis=1)
