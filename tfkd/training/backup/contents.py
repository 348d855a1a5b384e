"""What makes up the state of a `Distiller` in training: read from it, and put back."""

from __future__ import annotations

from typing import Any

import numpy as np


def mark(distiller) -> dict[str, Any]:
    """What must be the same for a state to fit: losses, optimizer, shapes."""
    shapes = [[list(each.shape), str(each.dtype)] for each in variables(distiller)]
    return {
        "objective": repr(distiller.objective.get_config()),
        "optimizer": type(distiller.optimizer).__name__,
        "shapes": shapes,
    }


def variables(distiller) -> list:
    """Weights, random numbers of the dropout, and the optimizers' state, in one order."""
    with distiller.distribute_strategy.scope():
        build_optimizers(distiller)
    found = [*distiller.trainable_variables, *distiller.non_trainable_variables]
    for optimizer in (distiller.optimizer, distiller.projection_optimizer):
        found += [] if optimizer is None else optimizer.variables
    return found


def build_optimizers(distiller) -> None:
    """Create the state of the optimizers, unless they have it."""
    pairs = (
        (distiller.optimizer, distiller.trainable_variables),
        (distiller.projection_optimizer, distiller.projection_variables),
    )
    for optimizer, variables in pairs:
        # Keras's loss scaling and the optimizers of others create it again when built again.
        if variables and hasattr(optimizer, "build") and not getattr(optimizer, "built", False):
            optimizer.build(variables)


def sums_in(distiller) -> list:
    """The variables in which the numbers of an epoch are added up."""
    return [each for metric in distiller.metrics for each in metric.variables]


def arrays(found: list) -> list[np.ndarray]:
    """The values of variables that are the same on all replicas."""
    return [np.asarray(each.numpy()) for each in found]


def local_sums(distiller) -> list[np.ndarray]:
    """What this process has added up: the sum over its replicas."""
    return [
        np.sum([part.numpy() for part in _parts(distiller, each)], axis=0)
        for each in sums_in(distiller)
    ]


def set_sums(distiller, values: list[np.ndarray], first: bool) -> None:
    """Put the sums of all processes into the first replica of the first process."""
    for each, value in zip(sums_in(distiller), values, strict=True):
        for i, part in enumerate(_parts(distiller, each)):
            part.assign(value if first and not i else np.zeros_like(value))


def _parts(distiller, variable) -> tuple:
    """The variable on each replica of this process."""
    inner = variable if callable(variable.value) else variable.value  # Keras 3 wraps TensorFlow's
    return distiller.distribute_strategy.experimental_local_results(inner)
