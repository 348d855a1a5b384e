"""The trainable weights of losses: which layers they join, and who trains them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..losses._base import Objective
from ..losses._batch import Outputs
from ..losses.layer_maps import Pairs, format_layer_map
from ..progress import logger

GradientPairs = list[tuple[Any, Any]]


class Projections:
    """The weights by which losses compare a student's layers with a wider teacher's."""

    def __init__(self, objective: Objective) -> None:
        self.by_loss: dict[str, dict[str, Any]] = {}
        self.layer_maps: dict[str, Pairs] = {}
        self._objective = objective

    @property
    def variables(self) -> list:
        """All of them, in the order of the losses."""
        return [variable for by_name in self.by_loss.values() for variable in by_name.values()]

    def create(
        self, student_outputs: Outputs, teacher_outputs: Outputs, add_weight: Callable[..., Any]
    ) -> None:
        """Make the weights that the losses ask for with a model's `add_weight`, each once."""
        for name, _, loss in self._objective.named():
            shapes = loss.weights(student_outputs, teacher_outputs)
            if shapes and name not in self.by_loss:
                self.by_loss[name] = {
                    key: add_weight(shape=shape, name=f"{name}_{key}", trainable=True)
                    for key, shape in shapes.items()
                }
        self.layer_maps = {
            name: loss.map(student_outputs, teacher_outputs)
            for name, _, loss in self._objective.named()
            if hasattr(loss, "map")
            and all(n in side for side in (student_outputs, teacher_outputs) for n in loss.reads)
        }

    def log_layer_maps(self) -> None:
        """Log which layer of the student learns from which of the teacher."""
        for name, pairs in self.layer_maps.items():
            logger.info(f"{name}: {format_layer_map(pairs)}")

    def apply_gradients(
        self, pairs: GradientPairs, optimizer: Any, own_optimizer: Any, *, loss_scale: Any
    ) -> None:
        """Update all variables, the projections by their own optimizer if there is one.

        Mixed precision has scaled the loss, and so the gradients, by `loss_scale`, of which only
        the student's optimizer knows.
        """
        # A loss on a hidden state reaches no layer after it, of which Keras would warn.
        pairs = [pair for pair in pairs if pair[0] is not None] or pairs
        if own_optimizer is None or not self.by_loss:
            optimizer.apply_gradients(pairs)
            return
        own = {id(variable) for variable in self.variables}
        optimizer.apply_gradients([pair for pair in pairs if id(pair[1]) not in own])
        own_optimizer.apply_gradients(
            [
                (gradient if gradient is None else gradient / loss_scale, variable)
                for gradient, variable in pairs
                if id(variable) in own
            ]
        )


def as_optimizer(keras: Any, optimizer: Any) -> Any:
    """Make an optimizer from an optimizer, its name, or Adam's learning rate; keep `None`."""
    if isinstance(optimizer, (int, float)) and not isinstance(optimizer, bool):
        return keras.optimizers.Adam(float(optimizer))
    return None if optimizer is None else keras.optimizers.get(optimizer)
