"""What tfkd reads of models by names that are private in Keras 3 or tf_keras.

A new Keras that renames one of them breaks this file, and no other; what training under
`tf.distribute` needs is in `distribution.keras3`. `tests/models/test_keras_internals.py` names the
versions that it has passed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import keras
import tensorflow as tf

_NOT_FLOAT32 = ("float16", "bfloat16", "float64")


def list_layers(model: Any, *, recursive: bool = False) -> list:
    """List the layers inside a model or a layer, or those inside them too."""
    return list(model._flatten_layers(recursive=recursive, include_self=False))


def statistics_of(model: Any) -> list:
    """Return the weights that no training would change, such as moving means, frozen or not."""
    # The names of Keras 3 and of tf_keras.
    names = ("_non_trainable_variables", "_non_trainable_weights")
    layers = list_layers(model, recursive=True)
    return [weight for layer in layers for name in names for weight in getattr(layer, name, ())]


def input_structure(model: Any) -> Any:
    """Return a functional model's inputs as they were given; a list from models of others."""
    structure = getattr(model, "_inputs_struct", None)
    return model.inputs if structure is None else structure


def output_structure(model: Any) -> Any:
    """Return a functional Keras 3 model's outputs as they were given, `None` of other models."""
    return getattr(model, "_outputs_struct", None)


def layer_behind(tensor: Any) -> Any:
    """Return the layer that made a symbolic tensor, `None` of any other tensor."""
    history = getattr(tensor, "_keras_history", None)
    return getattr(history, "operation", None) or getattr(history, "layer", None)


def input_tensors(layer: Any) -> Iterator[Any]:
    """Yield the symbolic tensors that a layer was called on."""
    for node in getattr(layer, "_inbound_nodes", ()):
        yield from node.arguments.keras_tensors


def operations_behind(tensors: Any) -> list[Any]:
    """List the layers and operations that symbolic tensors are made by, each once."""
    found: dict[int, Any] = {}
    todo = keras.tree.flatten(tensors)
    while todo:
        operation = layer_behind(todo.pop())
        if operation is not None and id(operation) not in found:
            found[id(operation)] = operation
            todo.extend(input_tensors(operation))
    return list(found.values())


def calls_of(layer: Any) -> Iterator[tuple[tuple[Any, ...], dict[str, Any]]]:
    """Yield the arguments of each symbolic call of a Keras 3 layer, by place and by name."""
    for node in layer._inbound_nodes:
        yield node.arguments.args, node.arguments.kwargs


def run_graph(model: Any, inputs: Any, call: Callable[..., Any]) -> Any:
    """Return a functional Keras 3 model's outputs, its layers called by a function.

    Args:
        model: The model.
        inputs: Symbolic tensors, in any structure that the model takes.
        call: Is called with a layer or an operation, and its arguments.
    """
    return model._run_through_graph(model._standardize_inputs(inputs), call_fn=call)


def attached_logits(tensor: Any) -> tf.Tensor | None:
    """Return the tensor before a final softmax or sigmoid, which Keras hands on with the result."""
    return getattr(tensor, "_keras_logits", None)


def attached_mask(tensor: Any) -> tf.Tensor | None:
    """Return the mask that Keras hands on with a tensor, such as that of `mask_zero=True`."""
    return getattr(tensor, "_keras_mask", None)


def give_losses(model: Any, losses: Sequence[Any]) -> None:
    """Give the layers of a Keras 3 model the losses that they added in a stateless scope.

    Keras forgets them with the scope, until the next call of the model or for ever.

    Args:
        model: The model.
        losses: Those of the scope, which collects them.
    """
    for layer in [model, *list_layers(model, recursive=True)]:
        layer._losses.extend(loss for loss in losses if id(loss) in layer._loss_ids)


def merge_lora(layer: Any) -> None:
    """Add what LoRA learnt to the weight of a Keras 3 layer, and leave the layer without LoRA.

    Keras itself merges where it saves a model, but the layer says in its config that it has LoRA.
    """
    name = "kernel" if hasattr(layer, "lora_kernel_a") else "embeddings"
    # Before it is taken away, the property is the sum.
    getattr(layer, f"_{name}").assign(getattr(layer, name))
    for part in "ab":
        delattr(layer, f"lora_{name}_{part}")
    layer.lora_enabled, layer.lora_rank, layer.lora_alpha = False, None, None


def precisions(model: Any) -> tuple[str, ...]:
    """Return the names of the dtype policies in a Keras 3 model that are other floats than float32.

    >>> import keras
    >>> precisions(keras.Sequential([keras.layers.Dense(2, dtype="mixed_float16")]))
    ('mixed_float16',)
    """
    layers = [model, *list_layers(model, recursive=True)]
    return tuple(sorted({layer.dtype_policy.name for layer in layers if _is_not_float32(layer)}))


@contextmanager
def compute_in_float32(model: Any) -> Iterator[None]:
    """Let a Keras 3 model compute in float32 inside the block, from weights cast to float32.

    After the block its policies and its variables are those of before, the very same objects.

    Args:
        model: Of any policy; one of float32 alone is not touched.
    """
    layers = [model, *list_layers(model, recursive=True)]
    policies = [(layer, layer._dtype_policy) for layer in layers if _is_not_float32(layer)]
    inputs = [
        (part, part._dtype)
        for layer in layers
        for part in (*(getattr(layer, "inputs", None) or ()), layer)
        if getattr(part, "_dtype", None) in _NOT_FLOAT32
    ]
    variables = {id(v): v for v in model.variables if v.dtype in _NOT_FLOAT32}.values()
    values = [(variable, variable._value, variable._dtype) for variable in variables]
    try:
        for layer, policy in policies:
            # Not by the setter, which Keras documents as permanent and which may quantise.
            layer._dtype_policy = type(policy)("float32")
        for part, _ in inputs:
            part._dtype = "float32"
        for variable, value, _ in values:
            variable._value = tf.Variable(tf.cast(value, tf.float32), trainable=variable.trainable)
            variable._dtype = "float32"
        yield
    finally:
        for layer, policy in policies:
            layer._dtype_policy = policy
        for part, dtype in inputs:
            part._dtype = dtype
        for variable, value, dtype in values:
            variable._value, variable._dtype = value, dtype


def _is_not_float32(layer: Any) -> bool:
    """Return whether a layer computes or keeps its weights in another float than float32."""
    policy = getattr(layer, "_dtype_policy", None)
    if getattr(policy, "quantization_mode", None) is not None:
        return False
    return bool({layer.compute_dtype, layer.variable_dtype} & set(_NOT_FLOAT32))
