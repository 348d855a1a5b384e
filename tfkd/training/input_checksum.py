"""A number that tells whether a student's inputs are still those that were joined with targets.

Teacher and student may read different inputs, so what a stored target belongs to cannot be told
from the student's side alone; a text that is changed behind `join` is told by this sum instead.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping

import tensorflow as tf

NAME = "seal"
_ODD = 0x9E3779B1 - (1 << 32)  # spreads what is similar over all bits (Knuth's multiplier)


def broken(targets: dict, inputs) -> tf.Tensor | None:
    """Which examples are not those that `targets` were joined with: `[batch]`, bool; or `None`."""
    return None if NAME not in targets else tf.not_equal(targets[NAME], seal(inputs))


def seal(inputs) -> tf.Tensor:
    """A sum over all of an example's inputs, whatever their padding: `[batch]`, int32.

    >>> one, padded = tf.constant([[5, 6]]), tf.constant([[5, 6, 0]])
    >>> bool(seal(one)[0] == seal(padded)[0]), bool(seal(one)[0] == seal(one[:, ::-1])[0])
    (True, False)
    """
    parts = [_sum(value, name) for name, value in sorted(_named(inputs).items())]
    return tf.add_n(parts)


def _named(inputs) -> dict[str, tf.Tensor]:
    """Every tensor of the inputs by its name, or its place."""
    if isinstance(inputs, (tuple, list)):
        inputs = {str(i): each for i, each in enumerate(inputs)}
    if not isinstance(inputs, Mapping):
        return {"": inputs}
    return {
        f"{name}/{rest}": each
        for name, value in inputs.items()
        for rest, each in _named(value).items()
    }


def _sum(value, name: str) -> tf.Tensor:
    value = tf.convert_to_tensor(value)
    if value.dtype == tf.string:
        value = tf.strings.to_hash_bucket_fast(value, (1 << 31) - 1)
    elif value.dtype.is_floating:
        value = tf.bitcast(tf.cast(value, tf.float32), tf.int32)
    flat = tf.cast(tf.reshape(value, [tf.shape(value)[0], -1]), tf.int32)
    places = tf.range(1, tf.shape(flat)[1] + 1, dtype=tf.int32)
    salt = zlib.crc32(name.encode()) & 0xFFFF
    factors = (2 * places + 2 * salt + 1) * _ODD  # int32 wraps around, as meant
    mixed = flat * factors
    return tf.reduce_sum(tf.bitwise.bitwise_xor(mixed, tf.bitwise.right_shift(mixed, 15)), axis=1)
