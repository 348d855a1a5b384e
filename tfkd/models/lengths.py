"""Models that read one length only: which it is, and how rows get it."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import tensorflow as tf

from ..text import Encoder, TextEncoder
from ..text.affixes import OF_WORDS
from ..text.words import FILLS
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
    return [
        tensor
        for tensor, kind in zip(inputs, kinds, strict=True)
        if kind.is_integer and tensor.name.split(":")[0] not in OF_WORDS
    ]


def reads_tokens(model: Any) -> bool:
    """Return whether a Keras model looks up vectors of ids, and so may be given padding."""
    try:
        layers = list_layers(model, recursive=True)
    except AttributeError:
        return False
    return any(type(layer).__name__ == "Embedding" for layer in layers)


def set_length(inputs: Any, length: int, padding: int = 0, *, left: bool = False) -> Any:
    """Cut or pad whatever has a number for each token to `length` tokens.

    Args:
        inputs: Ids `[batch, tokens]`, or a dict of ids, masks, segments and other arrays.
        length: How many tokens the model reads.
        padding: The id that ids are padded with; masks and segments are padded with 0.
        left: Whether the padding goes before the tokens.

    >>> set_length(tf.constant([[5, 6]]), 4).numpy().tolist()
    [[5, 6, 0, 0]]
    >>> set_length(tf.constant([[5, 6, 0]]), 4, left=True).numpy().tolist()
    [[0, 0, 5, 6]]
    """
    named = inputs if isinstance(inputs, Mapping) else {IDS[0]: inputs}
    alone = len(named) == 1
    padded = {
        name: _set_length(tensor, length, padding if alone or name in IDS else 0)
        for name, tensor in named.items()
        if name not in OF_WORDS
    }
    words = {name: named[name] for name in named if name in OF_WORDS}
    if left:
        tokens = count_tokens(padded, padding)
        padded = {name: _swap(tensor, tokens, length) for name, tensor in padded.items()}
        words = {name: _moved(name, places, length - tokens) for name, places in words.items()}
    padded |= words
    return padded if isinstance(inputs, Mapping) else padded[IDS[0]]


def count_tokens(inputs: Any, padding: int) -> tf.Tensor:
    """Return the number of tokens before the padding at the end of each row of ids, `[batch]`."""
    if isinstance(inputs, Mapping):
        alone = next(iter(inputs.values()))
        inputs = next((inputs[name] for name in IDS if name in inputs), alone)
    ids = tf.convert_to_tensor(inputs)
    places = tf.range(1, tf.shape(ids)[1] + 1)[None]
    return tf.reduce_max(tf.where(ids != tf.cast(padding, ids.dtype), places, 0), axis=1)


def _moved(name: str, places: Any, by: tf.Tensor) -> Any:
    """Return places of words in rows whose tokens stand `by` places later; others as they are."""
    if name not in FILLS:
        return places
    places = tf.convert_to_tensor(places)
    return tf.where(places < 0, places, places + tf.cast(by, places.dtype)[:, None])


def _swap(tensor: Any, tokens: tf.Tensor, length: int) -> Any:
    """Return rows of `length` with what stands behind their tokens before them."""
    if not (tensor.shape.rank or 0) >= 2 or tensor.shape[1] != length:
        return tensor
    # The tokens backwards, and then all backwards: the tokens as they were, at the end.
    return tf.reverse(tf.reverse_sequence(tensor, tokens, seq_axis=1), [1])


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


def cut_tokens(
    outputs: Mapping[str, Any], inputs: Any, length: int, tokens: tf.Tensor | None = None
) -> dict[str, Any]:
    """Cut outputs with a vector for each of `length` tokens to as many tokens as the inputs had.

    Args:
        outputs: By name; tensors, or tuples of them.
        inputs: What came, before `set_length`.
        length: How many tokens the model has read.
        tokens: How many of them were no padding, where that stood before them.
    """
    tensors = [tf.convert_to_tensor(each) for each in tf.nest.flatten(inputs)]
    came = next((tf.shape(each)[1] for each in tensors if each.shape.rank == 2), length)

    def cut(tensor: Any) -> Any:
        if tensor.shape.rank == 3 and tuple(tensor.shape[1:]) == (2, length):
            # Of a start and an end, of which the tokens are the classes.
            return tf.transpose(cut(tf.transpose(tensor, [0, 2, 1])), [0, 2, 1])
        if tensor.shape.rank != 3 or tensor.shape[1] != length:
            return tensor
        if tokens is not None:
            tensor = tf.reverse_sequence(tf.reverse(tensor, [1]), tokens, seq_axis=1)
        return tensor[:, :came]

    return {name: tf.nest.map_structure(cut, value) for name, value in outputs.items()}


def run_at_length(
    run: Callable[[Any], Mapping[str, Any]], inputs: Any, length: int, encoder: Encoder
) -> dict[str, Any]:
    """Return a model's outputs for inputs of its length; vectors for as many tokens as came.

    Args:
        run: The model, inputs to outputs by name.
        inputs: Padded ids, or a dict of ids and other arrays.
        length: How many tokens the model reads.
        encoder: Its tokenizer, which says with what and on which side it pads.
    """
    padding, left = getattr(encoder, "pad_id", 0), bool(getattr(encoder, "pad_left", False))
    read = set_length(inputs, length, padding, left=left)
    if not left:
        return cut_tokens(run(read), inputs, length)
    tokens = count_tokens(set_length(inputs, length, padding), padding)
    return cut_tokens(run(read), inputs, length, tokens)


def cut_at(encoder: Encoder, length: int) -> Encoder:
    """Return the same tokenizer with another length."""
    if isinstance(encoder, TextEncoder):
        return dataclasses.replace(encoder, max_length=length)
    encoder = copy.copy(encoder)
    encoder.max_length = length
    return encoder
