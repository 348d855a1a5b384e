"""A call of a layer or an operation in the configuration of a functional model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .positions import Axes, Axis, Positions

Tensor = tuple[str, int, int]
"""Who made a tensor, at which of its calls, and which of its outputs it is."""


@dataclass(frozen=True)
class Operand:
    """What a call computes with: the shape, and what each axis stands for."""

    shape: tuple[int | None, ...]
    axes: Axes


@dataclass(frozen=True)
class Size:
    """A number in a configuration that is the length of an axis."""

    layer: str
    key: str
    index: int | None
    axis: np.ndarray


@dataclass
class AxisGraph:
    """What is known of a model's graph once all calls were looked at."""

    config: dict[str, Any]
    shapes: Mapping[str, Sequence[tuple[int, ...]]]
    """Of the weights of each layer."""
    positions: Positions = field(default_factory=Positions)
    weights: dict[tuple[str, int], Axes] = field(default_factory=dict)
    """What the axes of weights stand for, by layer and number."""
    sizes: list[Size] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    """The kinds of what is not understood and stays whole with all that it reads."""


@dataclass(frozen=True)
class Call:
    """A layer or an operation, called once.

    Attributes:
        name: The layer's.
        kind: The name of its class.
        settings: Its configuration.
        arguments: The positional ones, and those by name, as configurations.
        operands: The arrays among the arguments, in their order.
        graph: Where findings are written to.
    """

    name: str
    kind: str
    settings: Mapping[str, Any]
    arguments: tuple[list, dict]
    operands: list[Operand]
    graph: AxisGraph

    def keep(self, *axes: Axis) -> None:
        """Say that axes stay whole."""
        for axis in axes:
            self.graph.positions.fix(axis)

    def size(self, key: str, axis: np.ndarray, index: int | None = None) -> None:
        """Say that a setting is the length of an axis.

        Args:
            key: Of the setting.
            axis: Its places.
            index: Which number of the setting, where it is several.
        """
        for each in self.graph.sizes:
            if (each.layer, each.key, each.index) == (self.name, key, index):
                # Called again, the layer has one number for both.
                self.graph.positions.join(each.axis, axis)
        self.graph.sizes.append(Size(self.name, key, index, axis))

    def weigh(self, *weights: Axes) -> bool:
        """Say what the axes of the layer's weights are; False where it has other weights.

        Args:
            *weights: For each weight its axes.
        """
        shapes = self.graph.shapes.get(self.name, ())
        lengths = [[None if axis is None else len(axis) for axis in axes] for axes in weights]
        fits = len(shapes) == len(lengths) and all(
            len(own) == len(said) and all(n in (None, m) for n, m in zip(said, own, strict=True))
            for own, said in zip(shapes, lengths, strict=True)
        )
        for number, axes in enumerate(weights if fits else ()):
            # Called again, the layer's weights stand for what they stood for before.
            before = self.graph.weights.setdefault((self.name, number), axes)
            for one, other in zip(before, axes, strict=True):
                if one is None or other is None:
                    self.keep(one, other)
                else:
                    self.graph.positions.join(one, other)
        return fits


def list_tensors(value: Any) -> Iterator[dict]:
    """Yield the configurations of all tensors in an argument."""
    if isinstance(value, Mapping):
        if value.get("class_name") == "__keras_tensor__":
            yield value["config"]
            return
        value = value.values()
    elif not isinstance(value, (list, tuple)):
        return
    for each in value:
        yield from list_tensors(each)


def tensor_key(config: Mapping[str, Any]) -> Tensor:
    """Return which tensor a configuration speaks of."""
    name, call, number = config["keras_history"]
    return name, call, number


def read_operands(value: Any, known: Mapping[Tensor, Axes]) -> Iterator[Operand]:
    """Yield the arrays in an argument: tensors, constants and numbers.

    Args:
        value: The argument's configuration.
        known: The axes of the tensors that are known.
    """
    if isinstance(value, Mapping) and value.get("class_name") == "__keras_tensor__":
        shape = tuple(value["config"]["shape"])
        axes = known.get(tensor_key(value["config"]), (None,) * len(shape))
        yield Operand(shape, axes)
    elif isinstance(value, Mapping) and value.get("class_name") in ("__numpy__", "__tensor__"):
        shape = np.shape(value["config"]["value"])
        yield Operand(shape, (None,) * len(shape))
    elif isinstance(value, (list, tuple)) and value and not any(list_tensors(value)):
        shape = np.shape(np.asarray(value, object))
        yield Operand(shape, (None,) * len(shape))
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from read_operands(each, known)
