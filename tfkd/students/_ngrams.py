"""Hashed n-grams of tokens, computed inside the model with int32 arithmetic."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

# Primes with (_FOLD - 1) * _FACTOR + 65535 < 2**31: the hash never leaves int32.
_FACTOR = 32_749
_FOLD = 65_521


def ngram_rows(ids: keras.KerasTensor, order: int, buckets: int) -> keras.KerasTensor:
    """Return a table row in 1..buckets for the n-gram that starts at each place.

    The row is 0 where one of its `order` tokens is missing. `ids` is `[batch, length]`, 0 for
    padding; the result has the same shape. The hash folds and multiplies,
    `h <- (h mod 65521) * 32749 + next`.

    Args:
        ids: Token ids `[batch, length]`.
        order: Tokens in an n-gram: 2 for bigrams.
        buckets: Rows of the table; a prime spreads n-grams best.

    Returns:
        Rows `[batch, length]`, int32.

    >>> ops.convert_to_numpy(ngram_rows(ops.array([[5, 7, 0]]), 2, 1000)).tolist()
    [[753, 0, 0]]
    """
    row, there = ids, ops.not_equal(ids, 0)
    for offset in range(1, order):
        following = ops.pad(ids[:, offset:], [[0, 0], [0, offset]])
        there = ops.logical_and(there, ops.not_equal(following, 0))
        row = ops.mod(row, _FOLD) * _FACTOR + following
    return ops.where(there, ops.mod(row, buckets) + 1, 0)


def sum_of_vectors(
    rows: keras.KerasTensor, name: str, *, size: int, width: int, initializer: Any = "zeros"
) -> keras.KerasTensor:
    """Sum one learnt vector per row, `[batch, width]`, leaving out row 0 (nothing there).

    Args:
        rows: `[batch, length]`, numbers below `size`.
        name: Of the table of vectors.
        size: How many vectors the table has.
        width: How many numbers each has.
        initializer: Of the table.
    """
    table = keras.layers.Embedding(size, width, embeddings_initializer=initializer, name=name)
    there = ops.expand_dims(ops.cast(ops.not_equal(rows, 0), "float32"), -1)
    return ops.sum(table(rows) * there, axis=1)
