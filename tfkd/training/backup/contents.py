"""The state of a `Distiller` in training: read from it, and put back."""

from __future__ import annotations

from typing import Any

import numpy as np


class TrainingState:
    """The variables that a training consists of; the same for both flavours of Keras."""

    def __init__(self, distiller: Any) -> None:
        self._distiller = distiller

    def configuration(self) -> dict[str, Any]:
        """Describe what must be the same for a state to fit: losses, optimizer, shapes."""
        shapes = [[list(each.shape), str(each.dtype)] for each in self.variables()]
        return {
            "objective": repr(self._distiller.objective.get_config()),
            "optimizer": type(self._distiller.optimizer).__name__,
            "shapes": shapes,
        }

    def variables(self) -> list:
        """List weights, random numbers of the dropout, and the optimizers' state, in one order."""
        distiller = self._distiller
        with distiller.distribute_strategy.scope():
            build_optimizers(distiller)
        variables = [*distiller.trainable_variables, *distiller.non_trainable_variables]
        for optimizer in (distiller.optimizer, distiller.projection_optimizer):
            variables += [] if optimizer is None else optimizer.variables
        return variables

    def values(self) -> list[np.ndarray]:
        """Read the variables, which are the same on all replicas."""
        return [np.asarray(variable.numpy()) for variable in self.variables()]

    def restore(self, values: list[np.ndarray]) -> None:
        """Assign what `values` has read."""
        for variable, value in zip(self.variables(), values, strict=True):
            variable.assign(value)

    def local_sums(self) -> list[np.ndarray]:
        """Read the running sums of an epoch's metrics, added up over this worker's replicas."""
        return [
            np.sum([part.numpy() for part in self._on_replicas(variable)], axis=0)
            for variable in self._sums()
        ]

    def count_sums(self) -> int:
        """Return how many running sums there are."""
        return len(self._sums())

    def restore_sums(self, values: list[np.ndarray], *, first: bool) -> None:
        """Put the sums of all workers into the first replica of the first worker."""
        for variable, value in zip(self._sums(), values, strict=True):
            for i, part in enumerate(self._on_replicas(variable)):
                part.assign(value if first and not i else np.zeros_like(value))

    def _sums(self) -> list:
        return [variable for metric in self._distiller.metrics for variable in metric.variables]

    def _on_replicas(self, variable: Any) -> tuple:
        # Keras 3 wraps TensorFlow's variable.
        inner = variable if callable(variable.value) else variable.value
        return self._distiller.distribute_strategy.experimental_local_results(inner)


def build_optimizers(distiller: Any) -> None:
    """Create the state of the optimizers, unless they have it."""
    pairs = (
        (distiller.optimizer, distiller.trainable_variables),
        (distiller.projection_optimizer, distiller.projection_variables),
    )
    for optimizer, variables in pairs:
        # Keras's loss scaling and the optimizers of others create it again when built again.
        if variables and hasattr(optimizer, "build") and not getattr(optimizer, "built", False):
            optimizer.build(variables)
