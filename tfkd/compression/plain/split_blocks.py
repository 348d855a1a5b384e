"""A block of KerasHub's encoders taken apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keras import ops

from .plain_block import PlainBlock
from .plain_layers import PlainLayers, as_array
from .split_attention import check_attention, expand_attention

_PARTS = {
    "attention": "_self_attention_layer",
    "attention_norm": "_self_attention_layer_norm",
    "attention_dropout": "_self_attention_dropout",
    "inner": "_feedforward_intermediate_dense",
    "outer": "_feedforward_output_dense",
    "dropout": "_feedforward_dropout",
    "norm": "_feedforward_layer_norm",
}
"""What KerasHub calls the layers of a block."""


def expand_block(make: PlainLayers, layer: Any) -> Callable[..., Any]:
    """Return what computes the same as a block of attention and feed-forward layers.

    What it returns is of a layer with the block's name, so that taps find it: the last norm, or
    the last sum where norms come first.

    Args:
        make: Makes the layers.
        layer: A `keras_hub.layers.TransformerEncoder`.
    """
    name, parts, first = layer.name, _parts(layer), layer.normalize_first
    own, shape = f"{name}_attention", (None, parts["outer"].units)
    attend = expand_attention(make, parts["attention"], own)
    block = PlainBlock(
        attend=lambda query, visible: attend(
            query, query, attention_mask=visible, return_attention_scores=True
        ),
        attention_drop=make.dropout(f"{own}_dropout", parts["attention_dropout"].rate, layer),
        attention_add=make.add(f"{own}_add", layer),
        attention_norm=make.copy(parts["attention_norm"], f"{own}_norm", shape),
        inner=expand_activated(make, parts["inner"], f"{name}_inner"),
        outer=make.dense(f"{name}_outer", *_weights(parts["outer"]), parts["outer"]),
        drop=make.dropout(f"{name}_dropout", parts["dropout"].rate, layer),
        add=make.add(name if first else f"{name}_add", layer),
        norm=make.copy(parts["norm"], f"{name}_norm" if first else name, shape),
        norms_first=first,
    )

    # As KerasHub's own call.
    def run(inputs: Any, padding_mask: Any = None, attention_mask: Any = None, **own: Any) -> Any:
        found = block(inputs, _visible(make, padding_mask, attention_mask))
        return found if own.get("return_attention_scores") else found[0]

    return run


def check_block(layer: Any) -> None:
    """Refuse a block whose attention cannot be taken apart.

    Raises:
        UserError: Such a block.
    """
    check_attention(_parts(layer)["attention"])


def expand_activated(make: PlainLayers, layer: Any, name: str) -> Callable[[Any], Any]:
    """Return a dense layer and its activation, an operation where Keras has no name for that.

    Args:
        make: Makes the layer.
        layer: A dense layer.
        name: What the new one is called.
    """
    if getattr(layer.activation, "__name__", "") != "gelu_approximate":
        own: Callable[[Any], Any] = make.dense(
            name, *_weights(layer), layer, activation=layer.activation
        )
        return own
    dense = make.dense(name, *_weights(layer), layer)
    return lambda hidden: ops.gelu(dense(hidden), approximate=True)


def _parts(layer: Any) -> dict[str, Any]:
    return {name: getattr(layer, own) for name, own in _PARTS.items()}


def _weights(layer: Any) -> tuple[Any, Any]:
    bias = None if layer.bias is None else as_array(layer.bias)
    return as_array(layer.kernel), bias


def _visible(make: PlainLayers, padding: Any, attention: Any) -> Any:
    """Return where a token may be seen, `[batch, tokens or 1, seen]`, made once for all blocks."""

    def merge() -> Any:
        seen = None if padding is None else ops.expand_dims(ops.cast(padding, "bool"), 1)
        if attention is None:
            return seen
        own = ops.cast(attention, "bool")
        return own if seen is None else ops.logical_and(seen, own)

    return make.once(padding, f"seen through {id(attention)}", merge)
