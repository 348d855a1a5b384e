"""Which numbers are the smallest: exactly as many as were asked for, without sorting them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

GROUP, KEPT = 4, 2


def cut_smallest(values: Sequence[tf.Tensor], count: tf.Tensor) -> list[tf.Tensor]:
    """Return tensors of which the smallest numbers by magnitude, counted over all, are zero.

    Args:
        values: Of any shapes and floats.
        count: How many are zero afterwards, at least; of equal ones the first are.
    """
    flat = tf.concat([tf.reshape(tf.abs(tf.cast(v, tf.float32)), [-1]) for v in values], axis=0)
    # Bits of floats that are not negative are in the order of the floats.
    bits = tf.bitcast(flat, tf.int32)
    count = tf.cast(count, tf.int32)
    everywhere = tf.ones_like(bits, tf.bool)
    largest_cut = _smallest_number(bits, everywhere, count)
    below, tied = bits < largest_cut, tf.equal(bits, largest_cut)
    places = tf.range(tf.size(bits))
    last_cut = _smallest_number(places, tied, count - _count(below))
    cut = below | (tied & (places <= last_cut))
    masks = tf.split(cut, [int(np.prod(value.shape)) for value in values])
    return [
        tf.where(tf.reshape(mask, value.shape), tf.zeros_like(value), value)
        for mask, value in zip(masks, values, strict=True)
    ]


def cut_groups(kernel: np.ndarray, inputs: Sequence[int]) -> np.ndarray:
    """Return a kernel of which two of four consecutive inputs of each output are zero.

    Args:
        kernel: Its numbers.
        inputs: The axes of inputs, counted through in their order. Where their number is not
            divisible by four, the last ones count as a group filled up with zeros.

    >>> cut_groups(np.array([[1.0], [-3.0], [2.0], [0.5], [0.1]]), [0]).ravel().tolist()
    [0.0, -3.0, 2.0, 0.0, 0.1]
    """
    moved = np.moveaxis(kernel, inputs, range(len(inputs)))
    rows = moved.reshape(int(np.prod(moved.shape[: len(inputs)])), -1)
    padded = np.pad(np.abs(rows), [(0, -len(rows) % GROUP), (0, 0)], constant_values=-1)
    groups = padded.reshape(-1, GROUP, rows.shape[1])
    order = np.argsort(-groups, axis=1, kind="stable")
    cut = np.zeros(groups.shape, bool)
    np.put_along_axis(cut, order[:, KEPT:], True, axis=1)
    left = np.where(cut.reshape(padded.shape)[: len(rows)], 0, rows).astype(kernel.dtype)
    return np.moveaxis(left.reshape(moved.shape), range(len(inputs)), inputs)


def _smallest_number(numbers: tf.Tensor, among: tf.Tensor, count: tf.Tensor) -> tf.Tensor:
    """Return the smallest number that at least `count` of the numbers `among` do not exceed.

    Halves the range of what it can be, at most 31 times: a pass over the numbers each, while a
    sort takes many more.
    """

    def halve(low: tf.Tensor, high: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        middle = low + (high - low) // 2
        enough = _count(among & (numbers <= middle)) >= count
        return tf.where(enough, low, middle + 1), tf.where(enough, middle, high)

    ends = (tf.constant(0), tf.constant(np.iinfo("int32").max))
    return tf.while_loop(tf.less, halve, ends)[0]


def _count(mask: tf.Tensor) -> tf.Tensor:
    return tf.reduce_sum(tf.cast(mask, tf.int32))
