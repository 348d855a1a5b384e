"""The rule of a training on the grid: layers read rounded weights, updates go to exact ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from ...exporting.weight_grids import Grid
from ...models.weight_rules import WeightRule


class RoundedWeights(WeightRule):
    """Layers read the nearest numbers of a grid; gradients pass as if they were not rounded.

    Args:
        grids: Variables, each with its grid.
    """

    def __init__(self, grids: Sequence[tuple[Any, Grid]]) -> None:
        super().__init__(variable for variable, _ in grids)
        self._grids = {id(variable): grid for variable, grid in grids}

    def read(self, variable: Any) -> tf.Tensor:
        """Return the rounded value, with a gradient."""
        return round_straight_through(variable.value, self._grids[id(variable)])

    def bake(self) -> None:
        """Set all variables to what layers read of them."""
        for variable in self.variables:
            variable.assign(self._grids[id(variable)].rounded(variable.value))


def round_straight_through(value: Any, grid: Grid) -> tf.Tensor:
    """Return a value's nearest numbers of a grid, with the gradient of the value itself.

    Args:
        value: A tensor, or a variable.
        grid: The grid.
    """

    @tf.custom_gradient
    def rounded(exact: tf.Tensor) -> tuple[tf.Tensor, Callable[[Any], tf.Tensor]]:
        # Of a table the gradient comes as rows.
        return grid.rounded(exact), tf.convert_to_tensor

    return rounded(tf.convert_to_tensor(value))
