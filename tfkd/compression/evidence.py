"""What a compression may look at: inputs as the model meets them, and gradients of its loss."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Evidence:
    """A few batches of the transfer set, the same ones at every call.

    Attributes:
        inputs: Returns the batches, as a model is called with them.
        gradients: Returns for each batch the gradients of the distillation's loss, one for each of
            the `trainable_variables` of the model that it is given, in their order, None where the
            loss does not reach; None where there is no loss to ask.
    """

    inputs: Callable[[], Iterable[Any]]
    gradients: Callable[[Any], Iterable[list[Any]]] | None = None
