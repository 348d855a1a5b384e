"""What Keras 3 misses under `tf.distribute`: three defects, fixed around private methods.

`tests/distribution` runs every one of them, and names the versions of Keras that it has passed.

1. To build metrics and optimizer, `_maybe_symbolic_build` takes the mean of what the replicas got,
   which fails where their batches differ in size.
2. With several workers, the numbers that a step returns are reduced along an axis that is not
   there.
3. Gradients are clipped on each replica before they are summed.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from ..errors import UserError


def check_strategy(strategy: tf.distribute.Strategy) -> None:
    """Refuse a strategy that Keras 3 cannot train with.

    Raises:
        UserError: parameter servers.
    """
    if isinstance(strategy, tf.distribute.experimental.ParameterServerStrategy):
        raise UserError(
            "Keras 3 does not train with parameter servers: take the strategy 'multi_worker', or "
            "a tf_keras student."
        )


def replica_specs(batch: Any, strategy: tf.distribute.Strategy) -> Any:
    """Describe what one replica gets of a batch, as specs of any number of examples."""

    def spec(value: Any) -> tf.TensorSpec | None:
        one = strategy.experimental_local_results(value)[0]
        if isinstance(one, tf.experimental.Optional):
            return None
        return tf.TensorSpec((None, *one.shape[1:]), one.dtype)

    return tf.nest.map_structure(lambda v: v if v is None else spec(v), batch)


def reducible_logs(logs: dict, strategy: tf.distribute.Strategy) -> dict:
    """Give the numbers of a step the shape that Keras reduces over workers."""
    if not isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy):
        return logs
    return {name: tf.reshape(value, [1]) for name, value in logs.items()}


def clip_globally(optimizer: Any, strategy: tf.distribute.Strategy) -> None:
    """Let this Keras 3 optimizer clip the sum of the replicas' gradients, from now on."""
    optimizer = getattr(optimizer, "inner_optimizer", optimizer)
    count = strategy.num_replicas_in_sync
    names = ("clipnorm", "global_clipnorm", "clipvalue")
    if count == 1 or not any(getattr(optimizer, name, None) for name in names):
        return
    clip = type(optimizer)._clip_gradients

    def share_of_clipped(gradients: list) -> list:
        known = [gradient for gradient in gradients if gradient is not None]
        context = tf.distribute.get_replica_context()
        sums = iter(context.all_reduce(tf.distribute.ReduceOp.SUM, known))
        summed = [None if gradient is None else next(sums) for gradient in gradients]
        # Keras sums once more over the replicas.
        return [None if g is None else _divide(g, count) for g in clip(optimizer, summed)]

    optimizer._clip_gradients = share_of_clipped


def _divide(gradient: Any, count: int) -> Any:
    if isinstance(gradient, tf.IndexedSlices):
        return tf.IndexedSlices(gradient.values / count, gradient.indices, gradient.dense_shape)
    return gradient / count
