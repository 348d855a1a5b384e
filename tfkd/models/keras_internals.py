"""What tfkd reads of models by names that are private in Keras 3 or tf_keras.

A new Keras that renames one of them breaks this file, and no other; what training under
`tf.distribute` needs is in `distribution.keras3`. `tests/models/test_keras_internals.py` names the
versions that it has passed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import tensorflow as tf


def list_layers(model: Any, *, recursive: bool = False) -> list:
    """List the layers inside a model or a layer, or those inside them too."""
    return list(model._flatten_layers(recursive=recursive, include_self=False))


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


def attached_logits(tensor: Any) -> tf.Tensor | None:
    """Return the tensor before a final softmax or sigmoid, which Keras hands on with the result."""
    return getattr(tensor, "_keras_logits", None)


def attached_mask(tensor: Any) -> tf.Tensor | None:
    """Return the mask that Keras hands on with a tensor, such as that of `mask_zero=True`."""
    return getattr(tensor, "_keras_mask", None)
