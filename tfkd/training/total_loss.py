"""The number whose gradient a step follows."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from ..distribution import share_of_global_mean
from ..losses._base import Objective
from ..losses._batch import Outputs
from ..losses.schedules import value_at


def share_of_objective(
    objective: Objective,
    losses_by_name: dict[str, tuple[tf.Tensor, tf.Tensor]],
    *,
    example_weight: tf.Tensor,
    step: Any,
) -> tf.Tensor:
    """Weigh and add this replica's shares of the global means of an objective's losses.

    Args:
        objective: Holds the losses' weights, which may change with the step.
        losses_by_name: Of each loss its values and how much each example counts, `[batch]`.
        example_weight: How much each example weighs in all of them, `[batch]`.
        step: The number of updates so far.
    """
    shares = []
    for name, scale, _ in objective.named():
        values, counts = losses_by_name[name]
        shares.append(value_at(scale, step) * share_of_global_mean(values, counts * example_weight))
    return tf.add_n(shares)


def regularization_of(model: Any, outputs: Outputs) -> tf.Tensor:
    """Add up a model's own losses: of `kernel_regularizer`, `activity_regularizer`, `add_loss`.

    Args:
        model: Has just run on this replica, and nothing else since.
        outputs: What it returned. The mean over no example, NaN, is 0.
    """
    losses = [tf.reduce_sum(tf.cast(loss, tf.float32)) for loss in model.losses]
    if not losses:
        return tf.constant(0.0)
    is_empty = tf.equal(tf.shape(tf.nest.flatten(outputs)[0])[0], 0)
    return tf.where(is_empty, 0.0, tf.add_n(losses))
