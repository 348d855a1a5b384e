"""A copy of a functional model with two layers in place of some."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras

from ...errors import UserError

# The layers in place of one, by its name: the first is called before the second.
Pairs = Mapping[str, tuple[Any, Any]]


def rebuild(model: keras.Model, pairs: Pairs) -> keras.Model:
    """Return a copy of a model with its weights, and pairs of layers in place of some.

    Args:
        model: A functional model of one graph, or a sequential one. It is not changed.
        pairs: The two layers in place of a layer, by its name. They are built, and have no weights
            yet.

    Raises:
        UserError: A layer that cannot be made from its own config.
    """
    if isinstance(model, keras.Sequential):
        # Only functional models say how each layer is called.
        model = keras.Model(model.inputs[0], model.outputs[0], name=model.name)
    first = {second.name: first for first, second in pairs.values()}

    def make(layer: Any) -> Any:
        return pairs[layer.name][1] if layer.name in pairs else _copy(layer)

    def call(layer: Any, *args: Any, **options: Any) -> Any:
        if layer.name not in first:
            return layer(*args, **options)
        inputs, *others = args
        return layer(first[layer.name](inputs), *others, **options)

    copied = keras.models.clone_model(model, clone_function=make, call_function=call)
    for layer in model.layers:
        if layer.weights and layer.name not in pairs:
            copied.get_layer(layer.name).set_weights(layer.get_weights())
    return copied


def _copy(layer: Any) -> Any:
    try:
        return type(layer).from_config(layer.get_config())
    except (TypeError, ValueError, NotImplementedError) as error:
        raise UserError(
            f"low_rank cannot copy the layer {layer.name!r}: its class {type(layer).__name__} has "
            f"to make one like it from its config ({error})."
        ) from None
