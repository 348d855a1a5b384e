"""LoRA: two thin matrices beside a kernel, whose product is added to it when all is learnt."""

from __future__ import annotations

import math
from typing import Any

import keras

from ...errors import UserError
from ..keras_internals import merge_lora
from ..layers import walk
from .transformer_parts import TransformerParts
from .ways import Way

_ABLE = (keras.layers.Dense, keras.layers.EinsumDense, keras.layers.Embedding)
_SHOWN = 8


class LowRankUpdates:
    """What LoRA adds to some layers of a model.

    Hu et al. 2021, arXiv:2106.09685, by Keras's own `enable_lora`. The product is 0 at the start.

    Args:
        model: A Keras 3 model, to whose layers the matrices are added.
        parts: Its parts: a head is trained as a whole, and gets none.
        way: The rank, and the names of the layers, or how names end: `query` is `block_0_query`
            too.
        seed: Of the initial matrices.

    Raises:
        UserError: No such layer, a layer that is frozen, or a rank above that of its kernel.
    """

    def __init__(self, model: Any, parts: TransformerParts, *, way: Way, seed: int) -> None:
        self.layers = [_checked(each, model, way) for each in _find_targets(model, parts, way)]
        for number, layer in enumerate(self.layers):
            initial = keras.initializers.HeUniform(seed=seed + number)
            layer.enable_lora(way.size, a_initializer=initial)

    @property
    def variables(self) -> list[Any]:
        """The matrices."""
        return [
            variable
            for layer in self.layers
            for variable in layer.variables
            if variable.name.startswith("lora_")
        ]

    def merge(self) -> None:
        """Add the products to the kernels, and remove the matrices."""
        for layer in self.layers:
            merge_lora(layer)


def _find_targets(model: Any, parts: TransformerParts, way: Way) -> list[Any]:
    """Return the layers for LoRA, each once.

    Raises:
        UserError: There is none of a name.
    """
    head = {id(layer) for layer in parts.head}
    able = {
        id(layer): layer
        for _, layer in walk(model)
        if isinstance(layer, _ABLE) and id(layer) not in head
    }
    found = {}
    for target in way.targets:
        named = {
            key: layer
            for key, layer in able.items()
            if layer.name == target or layer.name.endswith(f"_{target}")
        }
        if not named:
            names = list(dict.fromkeys(layer.name for layer in able.values()))
            others = (
                f"write target= one of {', '.join(names[:_SHOWN])}" if names else "write bitfit"
            )
            raise UserError(
                f"{way}: the model {model.name!r} has no layer {target!r} below its head that LoRA "
                f"is for, which is Dense, EinsumDense and Embedding of Keras 3: {others}."
            )
        found.update(named)
    return list(found.values())


def _checked(layer: Any, model: Any, way: Way) -> Any:
    """Return a layer that can have LoRA of a rank.

    Raises:
        UserError: It cannot.
    """
    weight = layer.kernel if hasattr(layer, "kernel") else layer.embeddings
    if not any(weight is each for each in model.trainable_variables):
        raise UserError(
            f"{way}: the layer {layer.name!r} of {model.name!r} is frozen: set its trainable to "
            "True, or name others by target=."
        )
    rows, columns = math.prod(weight.shape[:-1]), weight.shape[-1]
    if way.size > min(rows, columns):
        raise UserError(
            f"{way}: the kernel of the layer {layer.name!r} is a matrix of {rows} x {columns}: "
            f"write a rank up to {min(rows, columns)}."
        )
    return layer
