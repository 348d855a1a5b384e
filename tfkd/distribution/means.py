"""Sums over all replicas, so that N devices do the update of one."""

from __future__ import annotations

import tensorflow as tf


def global_sum(value: tf.Tensor) -> tf.Tensor:
    """Sum up `value` over the replicas of the current `tf.distribute` strategy."""
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return value
    return context.all_reduce(tf.distribute.ReduceOp.SUM, value)


def share_of_batch(example_weight: tf.Tensor) -> tf.Tensor:
    """Return which share of the global batch's examples this replica has; 1 on one device.

    Args:
        example_weight: Of its examples, `[batch]`. Here all of them count alike.

    >>> share_of_batch(tf.constant([0.0, 2.0])).numpy().item()
    1.0
    """
    count = tf.cast(tf.shape(example_weight)[0], tf.float32)
    return tf.math.divide_no_nan(count, global_sum(count))


def share_of_global_mean(values: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
    """Return this replica's share of the weighted mean over the global batch.

    The shares of all replicas add up to it, so strategies, which sum gradients, make the update
    of one device; uneven and empty batches of replicas included.

    Args:
        values: One number per example, `[batch]`.
        weights: How much each example counts, `[batch]`. One of weight 0 adds nothing, whatever
            its value; a global weight of 0 gives 0.

    >>> share_of_global_mean(tf.constant([1.0, 3.0]), tf.constant([1.0, 0.0])).numpy().item()
    1.0
    """
    total = global_sum(tf.reduce_sum(weights))
    weighted = tf.where(weights > 0, values, 0.0) * weights
    return tf.math.divide_no_nan(tf.reduce_sum(weighted), total)
