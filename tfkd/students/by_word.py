"""Vectors of tokens as vectors of words, within a model's graph."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import keras
from keras import ops

from ..text.words import WORD_ENDS, WORD_STARTS
from .features import Features


def by_word(features: Features, inputs: Sequence[str] = (WORD_STARTS,)) -> Features:
    """Return features of tokens as features of words: the vectors of their first pieces.

    Where the model reads `word_ends` too, a word's vector is the mean of its pieces'.

    Args:
        features: Those of a body, with a vector for each token.
        inputs: The names of the arrays that the model reads; those with a number for each word
            become inputs of it.
    """
    names = [name for name in (WORD_STARTS, WORD_ENDS) if name in inputs]
    words = tuple(keras.Input((None,), dtype="int32", name=name) for name in names)
    return dataclasses.replace(features, hidden=gather_words(features.hidden, *words), words=words)


def gather_words(
    hidden: keras.KerasTensor, starts: keras.KerasTensor, ends: keras.KerasTensor | None = None
) -> keras.KerasTensor:
    """Return the vector of each word; that of padding is anything.

    Args:
        hidden: The vectors of tokens, `[batch, length, width]`.
        starts: The position of the first piece of each word, `[batch, words]`, -1 for padding.
        ends: One past that of the last piece: then the mean over the pieces is returned.

    >>> vectors = ops.array([[[1.0], [2.0], [4.0], [8.0]]])
    >>> ops.convert_to_numpy(gather_words(vectors, ops.array([[1, 3, -1]])))[0, :2, 0].tolist()
    [2.0, 8.0]
    >>> both = ops.array([[1, 3, -1]]), ops.array([[3, 4, -1]])
    >>> ops.convert_to_numpy(gather_words(vectors, *both))[0, :2, 0].tolist()
    [3.0, 8.0]
    """
    if ends is None:
        return _take(hidden, ops.maximum(starts, 0))
    # The sum up to each token: a word's is the difference of two.
    sums = ops.pad(ops.cumsum(hidden, axis=1), [[0, 0], [1, 0], [0, 0]])
    whole = _take(sums, ops.maximum(ends, 0)) - _take(sums, ops.maximum(starts, 0))
    pieces = ops.cast(ops.maximum(ends - starts, 1), hidden.dtype)
    return whole / ops.expand_dims(pieces, -1)


def _take(vectors: keras.KerasTensor, places: keras.KerasTensor) -> keras.KerasTensor:
    return ops.take_along_axis(vectors, ops.expand_dims(places, -1), axis=1)
