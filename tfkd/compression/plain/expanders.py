"""Which layers are taken apart, and by what."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import keras

from ...errors import UserError
from ...models.keras_internals import list_layers, output_structure
from .plain_layers import PlainLayers
from .split_attention import check_attention, expand_attention
from .split_blocks import check_block, expand_block
from .split_embeddings import (
    expand_positions,
    expand_table,
    expand_tokens_and_positions,
    reads_both_ways,
)

Expander = Callable[[PlainLayers, Any], Callable[..., Any]]
"""Makes of a layer a function that is called as that layer is."""
EXPANDERS: dict[str, Expander] = {
    "keras.MultiHeadAttention": expand_attention,
    "keras.ReversibleEmbedding": expand_table,
    "keras_hub.ReversibleEmbedding": expand_table,
    "keras_hub.PositionEmbedding": expand_positions,
    "keras_hub.TokenAndPositionEmbedding": expand_tokens_and_positions,
    "keras_hub.TransformerEncoder": expand_block,
}
"""The function that takes a layer apart, by the package and the name of its class."""
_CHECKS: dict[str, Callable[[Any], None]] = {
    "keras.MultiHeadAttention": check_attention,
    "keras_hub.TransformerEncoder": check_block,
}


def find_expander(operation: Any) -> Expander | None:
    """Return what takes a layer apart, or None for one that stays as it is.

    Raises:
        UserError: A layer of layers that nothing takes apart, or one of KerasHub.
    """
    kind = class_path(operation)
    if kind in EXPANDERS:
        if kind in _CHECKS:
            _CHECKS[kind](operation)
        return EXPANDERS[kind]
    foreign = not kind.startswith("keras.") and isinstance(operation, keras.layers.Layer)
    if foreign and (kind.startswith("keras_hub.") or list_layers(operation)):
        raise UserError(
            f"the layer {operation.name!r} is a {kind}, and nothing takes it apart into dense "
            "layers: write it with keras.layers in the model's graph, or take a BERT, RoBERTa or "
            "DistilBERT, a student of this library, or a model of plain layers."
        )
    return None


def is_composite(model: Any) -> bool:
    """Return whether anything in a model is taken apart, a nested model among them."""
    own = operations_of(model)
    return any(is_nested(each) or expands(each) for each in own)


def expands(operation: Any) -> bool:
    """Return whether a layer becomes other ones; a table that is read both ways does not."""
    expander = find_expander(operation)
    return expander is not None and not (expander is expand_table and reads_both_ways(operation))


def list_operations(model: Any) -> Iterator[Any]:
    """Yield the layers and operations of a model and of those nested in it."""
    for operation in operations_of(model):
        if is_nested(operation):
            yield from list_operations(operation)
        else:
            yield operation


def is_nested(operation: Any) -> bool:
    """Return whether a layer of a graph is a graph of layers itself."""
    return isinstance(operation, keras.Model) and (
        isinstance(operation, keras.Sequential) or output_structure(operation) is not None
    )


def operations_of(model: Any) -> list[Any]:
    """Return the layers and operations of a model's own graph."""
    return list(model.layers if isinstance(model, keras.Sequential) else model.operations)


def class_path(operation: Any) -> str:
    """Return the package and the name of a layer's class.

    >>> class_path(keras.layers.Dense(2))
    'keras.Dense'
    """
    kind = type(operation)
    return f"{kind.__module__.partition('.')[0]}.{kind.__name__}"
