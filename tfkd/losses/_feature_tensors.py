"""Tensors from inside a model: averaged, pooled, projected and without their padding."""

from __future__ import annotations

import math
from typing import Any

import tensorflow as tf

from ._positions import per_example

_SMALLEST = 1e-12


def as_positions(tensor: Any) -> tf.Tensor:
    """Return a map `[batch, height, width, channels]` as `[batch, positions, channels]`."""
    if len(tensor.shape) < 4:
        return tensor
    return tf.reshape(tensor, [tf.shape(tensor)[0], _count(tensor), tensor.shape[-1]])


def mean_of_map(tensor: Any) -> tf.Tensor:
    """Return the mean of a map over its positions, `[batch, channels]`; all else as it is."""
    if len(tensor.shape) < 4:
        return tensor
    return tf.reduce_mean(to_float(tensor), axis=list(range(1, len(tensor.shape) - 1)))


def _count(tensor: Any) -> int:
    """Return the number of positions, -1 where a size is unknown."""
    sizes = tensor.shape[1:-1]
    return -1 if None in sizes else math.prod(sizes)


def shrink_map(tensor: Any, other: Any) -> Any:
    """Average a map down to the size of another, smaller one.

    Raises:
        ValueError: Sizes that do not divide.
    """
    sizes, wanted = tuple(tensor.shape[1:-1]), tuple(other.shape[1:-1])
    if len(sizes) < 2 or len(sizes) != len(wanted) or None in sizes + wanted or sizes == wanted:
        return tensor
    if all(small % size == 0 for size, small in zip(sizes, wanted, strict=True)):
        # The other one is shrunk.
        return tensor
    if any(size % small for size, small in zip(sizes, wanted, strict=True)):
        raise ValueError(f"{sizes} is no multiple of {wanted}")
    shape = [tf.shape(tensor)[0]]
    for size, small in zip(sizes, wanted, strict=True):
        shape += [small, size // small]
    cells = tf.reshape(to_float(tensor), [*shape, tensor.shape[-1]])
    return tf.reduce_mean(cells, axis=list(range(2, 2 * len(sizes) + 1, 2)))


def pool_width(tensor: Any, other: Any) -> Any:
    """Average units that follow each other, so that as many are left as the other side has."""
    width, wanted = tensor.shape[-1], other.shape[-1]
    if width <= wanted or width % wanted:
        return tensor
    groups = tf.concat([tf.shape(tensor)[:-1], [wanted, width // wanted]], 0)
    pooled = tf.reduce_mean(tf.reshape(to_float(tensor), groups), axis=-1)
    return tf.ensure_shape(pooled, [*tensor.shape[:-1], wanted])


def to_float(tensor: Any) -> tf.Tensor:
    """Return a tensor as float32."""
    return tf.cast(tensor, tf.float32)


def as_tuple(value: Any) -> tuple:
    """Return the tensors of an output: one alone is a tuple of one."""
    return tuple(value) if isinstance(value, (tuple, list)) else (value,)


def to_bool(mask: tf.Tensor) -> tf.Tensor:
    """Return a mask of any kind as true and false."""
    return tf.cast(mask, tf.float32) > 0


def token_weights(features: tf.Tensor, mask: tf.Tensor | None) -> tf.Tensor:
    """Return 1 where a token of `[batch, tokens, ...]` is there; ones `[batch]` without tokens."""
    if features.shape.rank < 3:
        return tf.ones(tf.shape(features)[:1], tf.float32)
    if mask is None:
        return tf.ones(tf.stack([tf.shape(features)[0], tf.shape(features)[-2]]), tf.float32)
    return tf.cast(to_bool(mask), tf.float32)


def zero_padding(features: tf.Tensor, mask: tf.Tensor | None) -> tf.Tensor:
    """Return features `[batch, tokens, width]` with 0 at the padding, even where that is NaN."""
    if features.shape.rank < 3 or mask is None:
        return features
    return tf.where(to_bool(mask)[..., None], features, 0.0)


def mean_over_tokens(values: tf.Tensor, mask: tf.Tensor | None) -> tf.Tensor:
    """Average `[batch, tokens]` over the tokens that are there; leave `[batch]` as it is."""
    if values.shape.rank < 2:
        return values
    if mask is None:
        return tf.reduce_mean(values, axis=1)
    count = tf.reduce_sum(tf.cast(to_bool(mask), tf.float32), axis=1)
    return tf.math.divide_no_nan(per_example(tf.where(to_bool(mask), values, 0.0)), count)


def pool(features: tf.Tensor, mask: tf.Tensor | None, how: str) -> tf.Tensor:
    """Return one vector an example, `[batch, width]`: the `"first"` token's or the `"mean"`."""
    if features.shape.rank < 3:
        return features
    if how == "first":
        return zero_padding(features, mask)[:, 0]
    if mask is None:
        return tf.reduce_mean(features, axis=1)
    count = tf.reduce_sum(tf.cast(to_bool(mask), tf.float32), axis=1)
    return tf.math.divide_no_nan(
        tf.reduce_sum(zero_padding(features, mask), axis=1), count[:, None]
    )


def project(features: tf.Tensor, weights: dict, name: str) -> tf.Tensor:
    """Return `features · W` where the pair has a learnt projection, else the features."""
    matrix = weights.get(name)
    return features if matrix is None else tf.linalg.matmul(features, tf.cast(matrix, tf.float32))


def normalize(vectors: tf.Tensor) -> tf.Tensor:
    """Scale vectors to length 1; a vector of zeros stays one, with a finite gradient."""
    return tf.math.l2_normalize(vectors, axis=-1, epsilon=_SMALLEST)
