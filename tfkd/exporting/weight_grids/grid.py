"""The numbers that a file can hold of a variable: integers of few bits times scales."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import tensorflow as tf

_SMALLEST_NORMAL = 2.0**-14
_STEP = 2.0**-24
"How far numbers of 16 bits below that are apart."


@dataclass(frozen=True)
class Packing:
    """How a table is filled up with zeros, so that its rows are whole blocks.

    Attributes:
        rows: Vectors that are added.
        together: Vectors that make one row.
        columns: Numbers that are added to a row.
    """

    rows: int
    together: int
    columns: int


@dataclass(frozen=True)
class Grid:
    """How a variable lies in a file, and which of its numbers have a scale in common.

    Attributes:
        shape: Of the variable.
        order: Its axes, in the order that the file has them in.
        split: The shape in the file, in which blocks have an axis of their own.
        axes: Axes of `split` along which numbers have a scale in common.
        bits: Of an integer.
        in_blocks: Whether a scale is one of a block: these have eight digits in base 2, and are
            numbers of 16 bits.
        packing: Of a table that is filled up.
    """

    shape: tuple[int, ...]
    order: tuple[int, ...]
    split: tuple[int, ...]
    axes: tuple[int, ...]
    bits: int
    in_blocks: bool = False
    packing: Packing | None = None

    @property
    def count(self) -> int:
        """The number of scales."""
        return int(np.prod([n for axis, n in enumerate(self.split) if axis not in self.axes]))

    def rounded(self, value: tf.Tensor) -> tf.Tensor:
        """Return the nearest numbers of the grid; those of the grid are returned as they are.

        Args:
            value: That of the variable.
        """
        steps, scales = self.steps(value)
        return self._from_file(tf.round(steps) * scales)

    def steps(self, value: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Return a value in steps of its scales, which are integers on the grid, and the scales.

        Args:
            value: That of the variable.
        """
        placed = self._to_file(tf.convert_to_tensor(value, tf.float32))
        largest = tf.reduce_max(tf.abs(placed), axis=self.axes, keepdims=True)
        scales = largest / (2 ** (self.bits - 1) - 1)
        if self.in_blocks:
            scales = _in_16_bits(_with_8_digits(scales))
        return tf.math.divide_no_nan(placed, scales), scales

    def _to_file(self, value: tf.Tensor) -> tf.Tensor:
        placed = tf.transpose(value, self.order)
        if self.packing:
            placed = tf.pad(placed, [[0, self.packing.rows], [0, 0]])
            placed = tf.reshape(placed, [-1, self.packing.together * self.shape[1]])
            placed = tf.pad(placed, [[0, 0], [0, self.packing.columns]])
        return tf.reshape(placed, self.split)

    def _from_file(self, placed: tf.Tensor) -> tf.Tensor:
        if self.packing:
            width = self.packing.together * self.shape[1]
            placed = tf.reshape(placed, [self.split[0], -1])[:, :width]
            placed = tf.reshape(placed, [-1, self.shape[1]])[: self.shape[0]]
        placed = tf.reshape(placed, [self.shape[axis] for axis in self.order])
        return tf.transpose(placed, np.argsort(self.order))


def _with_8_digits(scales: tf.Tensor) -> tf.Tensor:
    """Round as bfloat16 does, by bits: a compiler may leave out a cast to and fro."""
    bits = tf.bitcast(scales, tf.int32)
    odd = tf.bitwise.bitwise_and(tf.bitwise.right_shift(bits, 16), 1)
    bits = tf.bitwise.bitwise_and(bits + 0x7FFF + odd, -0x10000)
    return tf.bitcast(bits, tf.float32)


def _in_16_bits(scales: tf.Tensor) -> tf.Tensor:
    """Round numbers of eight digits as float16 does, which has fewer for the smallest."""
    return tf.where(scales < _SMALLEST_NORMAL, tf.round(scales / _STEP) * _STEP, scales)
