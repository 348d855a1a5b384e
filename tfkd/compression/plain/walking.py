"""The walk over a functional model in which layers are replaced."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

import keras

from ...errors import UserError
from ...models.keras_internals import (
    input_structure,
    layer_behind,
    operations_behind,
    output_structure,
    run_graph,
)
from .expanders import find_expander, is_nested
from .plain_layers import PlainLayers


def rebuild(model: keras.Model) -> keras.Model:
    """Return a model of one graph, in which layers are taken apart and all others are copied.

    Args:
        model: A functional or a sequential Keras 3 model.
    """
    given, gives = _ends(model)
    walk = _Walk(keras.tree.flatten(gives))
    inputs = keras.tree.map_structure(walk.make_input, given)
    outputs = walk.run(model, inputs, None)
    outputs = keras.tree.map_structure(walk.keep_name, outputs, gives)
    walk.name_operations(outputs)
    return keras.Model(inputs, outputs, name=model.name)


class _Walk:
    """What the walk has made so far.

    Args:
        outputs: Those of the whole model, whose layers keep their names.
    """

    def __init__(self, outputs: list[Any]) -> None:
        self._make = PlainLayers()
        self._last = {id(layer): layer.name for layer in map(layer_behind, outputs)}
        self._make.reserve(self._last.values())
        self._calls: dict[int, Callable[..., Any]] = {}
        self._named: set[int] = set()

    def make_input(self, tensor: Any) -> Any:
        """Return an input like another one."""
        self._make.release(tensor.name)
        name = self._make.name(tensor.name)
        return keras.Input(batch_shape=tensor.shape, dtype=tensor.dtype, name=name)

    def run(self, model: Any, inputs: Any, training: Any) -> Any:
        """Return what a graph gives for symbolic inputs.

        Args:
            model: A functional or sequential model.
            inputs: In the structure that it takes.
            training: The flag that it was called with, inside another one.
        """
        if not isinstance(model, keras.Sequential):
            return run_graph(model, inputs, partial(self._call, training))
        for layer in model.layers:
            inputs = self._call(training, layer, inputs)
        return inputs

    def keep_name(self, output: Any, before: Any) -> Any:
        """Return an output whose layer has the name of before."""
        name = layer_behind(before).name
        self._make.release(name)
        if layer_behind(output).name == name:
            return output
        # An output that is one of a nested model's has the name of that model.
        name = self._make.name(name)
        return keras.layers.Activation("linear", dtype=output.dtype, name=name)(output)

    def name_operations(self, outputs: Any) -> None:
        """Give operations names that no layer has; Keras numbers them without a look at others."""
        for operation in operations_behind(outputs):
            if not isinstance(operation, keras.Layer) and id(operation) not in self._named:
                operation.name = self._make.name(operation.name)

    def _call(self, inside: Any, operation: Any, /, *args: Any, **options: Any) -> Any:
        """Call what is in place of a layer or an operation, which is made at its first call."""
        own = options.get("training")
        training = inside if own is None else own
        if is_nested(operation):
            inputs = args[0] if args else options["inputs"]
            return self.run(operation, inputs, training)
        if training is not None and "training" in _arguments(operation):
            options["training"] = training
        if id(operation) in self._calls:
            return self._calls[id(operation)](*args, **options)
        if id(operation) in self._last:
            self._make.release(operation.name)
        expander = find_expander(operation)
        if expander is None:
            return self._call_copy(operation, args, options)
        if training is not None:
            raise UserError(
                f"the layer {operation.name!r} is called with training={training}, with which it "
                "cannot be taken apart: leave training= out, and set dropout=0 instead."
            )
        self._calls[id(operation)] = expander(self._make, operation)
        return self._calls[id(operation)](*args, **options)

    def _call_copy(self, operation: Any, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
        """Call a new copy, which has weights to set from its first call on."""
        copied = self._calls[id(operation)] = self._make.copy(operation)
        self._named.add(id(copied))
        outputs = copied(*args, **options)
        if isinstance(operation, keras.Layer):
            copied.set_weights(operation.get_weights())
        return outputs


def _ends(model: Any) -> tuple[Any, Any]:
    """Return the inputs and the outputs of a model in the structures that it was given."""
    if isinstance(model, keras.Sequential):
        return model.inputs[0], model.outputs[0]
    return input_structure(model), output_structure(model)


def _arguments(operation: Any) -> frozenset[str]:
    return frozenset(inspect.signature(operation.call).parameters)
