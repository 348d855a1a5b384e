"""Variables set from inside a step, on all replicas alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensorflow as tf


def assign_on_replicas(pairs: Sequence[tuple[Any, tf.Tensor]]) -> None:
    """Set variables, each replica's copy to the value that this replica found.

    `Variable.assign` is refused where replicas train: it would have to reduce their values.

    Args:
        pairs: Variables of TensorFlow with their values, the same ones on each replica.
    """
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        for variable, value in pairs:
            variable.assign(value)
    elif pairs:
        context.merge_call(_assign, args=(list(pairs),))


def _assign(strategy: tf.distribute.Strategy, pairs: list[tuple[Any, Any]]) -> None:
    for variable, value in pairs:
        strategy.extended.update(variable, lambda one, new: one.assign(new), args=(value,))
