"""Outputs of a model for each token as outputs for each word."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from ..text.words import NO_CELL, WORD_ENDS, WORD_STARTS

MEAN = "mean"
Shapes = Mapping[str, tuple[int | None, ...]]


def gather_by_word(
    outputs: Mapping[str, Any], words: Mapping[str, Any], shapes: Shapes, pieces: str = "first"
) -> dict[str, Any]:
    """Return outputs in which each axis of tokens is one of words.

    A word has the output of its first piece, or the mean over its pieces. Where the tokens are the
    classes of a start and an end, `[batch, 2, tokens]`, a word starts with its first piece and ends
    with its last one, and padding is far below all others.

    Args:
        outputs: What a model returned, by name.
        words: The model's inputs, with `word_starts` and, where it is known, `word_ends`,
            `[batch, words]`; -1 is padding.
        shapes: The shape of each output for one row, `None` for the number of tokens; others are
            handed on as they are.
        pieces: `first` or `mean`.
    """
    gathered = dict(outputs)
    for name, shape in shapes.items():
        if name not in outputs:
            continue
        if shape[:1] == (None,):
            gathered[name] = _read(outputs[name], words, pieces)
        elif shape[1:] == (None,):
            gathered[name] = _read_spans(outputs[name], words)
    return gathered


def _read(tensor: tf.Tensor, words: Mapping[str, Any], pieces: str) -> tf.Tensor:
    if pieces == MEAN:
        return _mean(tensor, words)
    return tf.gather(tensor, tf.maximum(words[WORD_STARTS], 0), axis=1, batch_dims=1)


def _mean(tensor: tf.Tensor, words: Mapping[str, Any]) -> tf.Tensor:
    places = tf.range(tf.shape(tensor)[1])[None, None]
    starts, ends = (tf.cast(words[name], tf.int32)[..., None] for name in (WORD_STARTS, WORD_ENDS))
    inside = tf.cast((places >= starts) & (places < ends), tensor.dtype)
    counts = tf.maximum(tf.reduce_sum(inside, axis=-1, keepdims=True), 1)
    flat = tensor if tensor.shape.rank == 3 else tensor[..., None]
    means = tf.matmul(inside / counts, flat)
    return means if tensor.shape.rank == 3 else means[..., 0]


def _read_spans(tensor: tf.Tensor, words: Mapping[str, Any]) -> tf.Tensor:
    starts = tf.convert_to_tensor(words[WORD_STARTS])
    ends = words[WORD_ENDS] - 1 if WORD_ENDS in words else starts
    places = tf.maximum(tf.stack([starts, ends], axis=1), 0)
    logits = tf.gather(tensor, places, axis=2, batch_dims=2)
    there = (starts >= 0)[:, None]
    return tf.where(there, logits, tf.cast(NO_CELL, logits.dtype))
