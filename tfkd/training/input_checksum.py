"""Detect inputs that were changed after their stored targets were joined.

Teacher and student may read different inputs, so the student's inputs alone do not say which
stored target belongs to them. `join` adds a checksum of them; a text that is changed later has
another one.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any

import tensorflow as tf

# Spreads similar numbers over all bits (Knuth's multiplier).
_ODD = 0x9E3779B1 - (1 << 32)


def changed_examples(checksum: tf.Tensor | None, inputs: Any) -> tf.Tensor | None:
    """Find the examples whose inputs have another checksum: `[batch]`, bool; `None` without one."""
    return None if checksum is None else tf.not_equal(checksum, input_checksum(inputs))


def input_checksum(inputs: Any) -> tf.Tensor:
    """Sum up all of an example's inputs, whatever their padding: `[batch]`, int32.

    >>> ids, padded = tf.constant([[5, 6]]), tf.constant([[5, 6, 0]])
    >>> bool(input_checksum(ids)[0] == input_checksum(padded)[0])
    True
    >>> bool(input_checksum(ids)[0] == input_checksum(ids[:, ::-1])[0])
    False
    """
    parts = [_sum(value, name) for name, value in sorted(_by_path(inputs).items())]
    return tf.add_n(parts)


def _by_path(inputs: Any) -> dict[str, tf.Tensor]:
    """Name every tensor of nested inputs by the keys or places that lead to it."""
    if isinstance(inputs, (tuple, list)):
        inputs = {str(i): value for i, value in enumerate(inputs)}
    if not isinstance(inputs, Mapping):
        return {"": inputs}
    return {
        f"{name}/{path}": tensor
        for name, value in inputs.items()
        for path, tensor in _by_path(value).items()
    }


def _sum(value: tf.Tensor, name: str) -> tf.Tensor:
    value = tf.convert_to_tensor(value)
    if value.dtype == tf.string:
        value = tf.strings.to_hash_bucket_fast(value, (1 << 31) - 1)
    elif value.dtype.is_floating:
        value = tf.bitcast(tf.cast(value, tf.float32), tf.int32)
    flat = tf.cast(tf.reshape(value, [tf.shape(value)[0], -1]), tf.int32)
    places = tf.range(1, tf.shape(flat)[1] + 1, dtype=tf.int32)
    salt = zlib.crc32(name.encode()) & 0xFFFF
    # int32 wraps around, as meant.
    factors = (2 * places + 2 * salt + 1) * _ODD
    mixed = flat * factors
    return tf.reduce_sum(tf.bitwise.bitwise_xor(mixed, tf.bitwise.right_shift(mixed, 15)), axis=1)
