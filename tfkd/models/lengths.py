"""Models that read one length only: which it is, and how rows get it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from .input_names import IDS
from .keras_internals import list_layers


def declared_length(model: Any) -> int | None:
    """Return how many tokens a model says that it reads, or `None` where it takes any number.

    A Keras model says so in its `Input((64,))`; other models have an attribute `length`.

    >>> import keras
    >>> declared_length(keras.Sequential([keras.Input((64,)), keras.layers.Dense(2)]))
    64
    """
    own = getattr(model, "length", None)
    if isinstance(own, int) and own:
        return own
    tensors = _token_inputs(model)
    lengths = {tensor.shape[1] for tensor in tensors if len(tensor.shape) == 2}
    length = lengths.pop() if len(lengths) == 1 else None
    return None if length is None else int(length)


def _token_inputs(model: Any) -> list[Any]:
    """Return the symbolic inputs of a Keras model that have a number for each token."""
    try:
        inputs = tf.nest.flatten(model.inputs)
    except (AttributeError, ValueError, RuntimeError):
        return []
    inputs = [tensor for tensor in inputs if hasattr(tensor, "shape")]
    kinds = [tf.as_dtype(tensor.dtype) for tensor in inputs]
    if len(inputs) == 1:
        # `Input((64,))` of ids is of floats, as long as nothing else is written.
        return [] if kinds[0] == tf.string else inputs
    return [tensor for tensor, kind in zip(inputs, kinds, strict=True) if kind.is_integer]


def reads_tokens(model: Any) -> bool:
    """Return whether a Keras model looks up vectors of ids, and so may be given padding."""
    try:
        layers = list_layers(model, recursive=True)
    except AttributeError:
        return False
    return any(type(layer).__name__ == "Embedding" for layer in layers)


def set_length(inputs: Any, length: int, padding: int = 0) -> Any:
    """Cut or pad whatever has a number for each token to `length` tokens.

    Args:
        inputs: Ids `[batch, tokens]`, or a dict of ids, masks, segments and other arrays.
        length: How many tokens the model reads.
        padding: The id that ids are padded with; masks and segments are padded with 0.

    >>> set_length(tf.constant([[5, 6]]), 4).numpy().tolist()
    [[5, 6, 0, 0]]
    """
    if not isinstance(inputs, Mapping):
        return _set_length(inputs, length, padding)
    alone = len(inputs) == 1
    return {
        name: _set_length(tensor, length, padding if alone or name in IDS else 0)
        for name, tensor in inputs.items()
    }


def _set_length(tensor: Any, length: int, value: int) -> Any:
    tensor = tf.convert_to_tensor(tensor)
    # Numbers of the whole text have one axis, its features are no integers.
    if tensor.shape.rank is None or tensor.shape.rank < 2 or not tensor.dtype.is_integer:
        return tensor
    if tensor.shape[1] == length:
        return tensor
    tensor = tensor[:, :length]
    rest = [[0, 0]] * (tensor.shape.rank - 2)
    missing = [[0, 0], [0, length - tf.shape(tensor)[1]], *rest]
    padded = tf.pad(tensor, missing, constant_values=tf.cast(value, tensor.dtype))
    padded.set_shape([tensor.shape[0], length, *tensor.shape[2:]])
    return padded


def cut_tokens(outputs: Mapping[str, Any], inputs: Any, length: int) -> dict[str, Any]:
    """Cut outputs with a vector for each of `length` tokens to as many tokens as the inputs had.

    Args:
        outputs: By name; tensors, or tuples of them.
        inputs: What came, before `set_length`.
        length: How many tokens the model has read.
    """
    tensors = [tf.convert_to_tensor(each) for each in tf.nest.flatten(inputs)]
    tokens = next((tf.shape(each)[1] for each in tensors if each.shape.rank == 2), length)

    def cut(tensor: Any) -> Any:
        of_tokens = tensor.shape.rank == 3 and tensor.shape[1] == length
        return tensor[:, :tokens] if of_tokens else tensor

    return {name: tf.nest.map_structure(cut, value) for name, value in outputs.items()}
