"""The vectors of words, from those of the tokens of a text."""

from __future__ import annotations

import keras
from keras import ops


def read_first_pieces(hidden: keras.KerasTensor, starts: keras.KerasTensor) -> keras.KerasTensor:
    """Return the vectors `[batch, words, width]` at the first piece of each word.

    Args:
        hidden: A vector for each token, `[batch, length, width]`.
        starts: The position of each word, `[batch, words]`; -1 for padding, which reads the first.

    >>> hidden = ops.array([[[1.0], [2.0], [3.0]], [[4.0], [5.0], [6.0]]])
    >>> read_first_pieces(hidden, ops.array([[2, -1], [0, 1]]))[..., 0].numpy().tolist()
    [[3.0, 1.0], [4.0, 5.0]]
    """
    # All rows one behind the other: a plain gather, which every runtime has.
    lengths = ops.sum(ops.ones_like(hidden[..., 0], dtype="int32"), axis=1)
    before = ops.cumsum(lengths) - lengths
    places = ops.maximum(starts, 0) + ops.expand_dims(before, 1)
    return ops.take(ops.reshape(hidden, (-1, hidden.shape[-1])), places, axis=0)


def read_means(
    hidden: keras.KerasTensor, starts: keras.KerasTensor, ends: keras.KerasTensor
) -> keras.KerasTensor:
    """Return the mean of the vectors of each word's pieces, `[batch, words, width]`.

    Args:
        hidden: A vector for each token, `[batch, length, width]`.
        starts: The first piece of each word, `[batch, words]`; -1 for padding.
        ends: One past the last piece; -1 for padding, whose vectors are zeros.

    >>> hidden = ops.array([[[1.0], [2.0], [6.0]]])
    >>> read_means(hidden, ops.array([[0, 1]]), ops.array([[1, 3]]))[0, :, 0].numpy().tolist()
    [1.0, 4.0]
    """
    places = ops.cumsum(ops.ones_like(hidden[..., 0], dtype="int32"), axis=1) - 1
    places = ops.expand_dims(places, 1)
    inside = ops.logical_and(
        ops.greater_equal(places, ops.expand_dims(starts, -1)),
        ops.less(places, ops.expand_dims(ends, -1)),
    )
    weights = ops.cast(inside, hidden.dtype)
    pieces = ops.maximum(ops.sum(weights, axis=-1, keepdims=True), 1.0)
    return ops.matmul(weights / pieces, hidden)


def gather_words(
    hidden: keras.KerasTensor, starts: keras.KerasTensor, ends: keras.KerasTensor | None = None
) -> keras.KerasTensor:
    """Return a vector for each word: of its first piece, or the mean where its end is known.

    Args:
        hidden: A vector for each token, `[batch, length, width]`.
        starts: The position of the first piece of each word, `[batch, words]`; -1 for padding.
        ends: One past that of the last piece.
    """
    return read_first_pieces(hidden, starts) if ends is None else read_means(hidden, starts, ends)
