"""`keras.layers.MultiHeadAttention` taken apart."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from keras import ops

from ...errors import UserError
from ...models.keras_internals import attached_mask
from .plain_attention import AttentionWeights, PlainAttention, earlier
from .plain_layers import PlainLayers, as_array


def check_attention(layer: Any) -> None:
    """Refuse an attention over other axes than the tokens', with a gate or a window.

    Raises:
        UserError: Such an attention.
    """
    if not layer.built or getattr(layer, "quantization_mode", None):
        raise UserError(
            f"the attention {layer.name!r} has no weights of floats, which could be taken apart: "
            "give a model that was built and not quantised."
        )
    config = layer.get_config()
    odd = [name for name in ("use_gate", "sliding_window", "kernel_constraint") if config.get(name)]
    if any(len(part.kernel.shape) != 3 for part in _parts(layer).values()):
        odd.append("output_shape")
    # Two axes of the batch, or an attention over others than the last but one.
    if layer.query_dense.equation != "abc,cde->abde":
        odd.append("attention_axes")
    if odd:
        raise UserError(
            f"the attention {layer.name!r} has {odd[0]}={config.get(odd[0])!r}, with which it "
            "cannot be taken apart: write keras.layers.MultiHeadAttention over [batch, tokens, "
            "width] without it."
        )


def expand_attention(make: PlainLayers, layer: Any, name: str | None = None) -> Callable[..., Any]:
    """Return what computes the same as an attention.

    Args:
        make: Makes the layers.
        layer: The attention.
        name: What the names of the new layers begin with; by default its own name.
    """
    parts = _parts(layer)
    weights = {side: _as_dense(part, side == "output") for side, part in parts.items()}
    found = AttentionWeights(layer.num_heads, weights, layer.dropout, parts)
    plain = PlainAttention(make, name or layer.name, found)

    # As Keras's own call.
    def attend(query: Any, value: Any, key: Any = None, **options: Any) -> Any:
        key = value if key is None else key
        visible = [
            make.once(mask, f"visible along {axis}", partial(_as_visible, mask, axis))
            for mask, axis in _masks(query, value, key, options)
        ]
        if options.get("use_causal_mask"):
            visible.append(make.once(query, "earlier", lambda: earlier(query)))
        together = visible[0] if visible else None
        for mask in visible[1:]:
            together = ops.logical_and(together, mask)
        query, key, value = (_without_mask(each) for each in (query, key, value))
        taken, probabilities = plain(query, key, value, together)
        return (taken, probabilities) if options.get("return_attention_scores") else taken

    return attend


def _masks(query: Any, value: Any, key: Any, options: dict[str, Any]) -> list[tuple[Any, int]]:
    """Return the masks of a call, each with the axis that it has one entry for; 0 for all."""
    sides = {"query_mask": (query, 2), "value_mask": (value, 1), "key_mask": (key, 1)}
    if key is value:
        del sides["key_mask"]
    found = [(options.get("attention_mask"), 0)]
    for name, (tensor, axis) in sides.items():
        given = options.get(name)
        found.append((attached_mask(tensor) if given is None else given, axis))
    return [(mask, axis) for mask, axis in found if mask is not None]


def _without_mask(tensor: Any) -> Any:
    """Return a tensor without Keras's mask, which heads are split without; attentions drop it."""
    return tensor if attached_mask(tensor) is None else tensor * 1.0


def _as_visible(mask: Any, axis: int) -> Any:
    """Return a mask as `[batch, heads or 1, tokens or 1, seen or 1]`, of truths.

    Args:
        mask: `[batch, tokens]`; of any rank with `axis` 0.
        axis: Where the axis is that such a mask lacks.
    """
    if "float" in str(mask.dtype):
        mask = ops.greater(mask, 0.5)
    mask = ops.cast(mask, "bool")
    if axis:
        mask = ops.expand_dims(mask, axis)
    while len(mask.shape) < 4:
        mask = ops.expand_dims(mask, -3)
    return mask


def _parts(layer: Any) -> dict[str, Any]:
    """Return the dense layers of an attention."""
    return {
        "query": layer.query_dense,
        "key": layer.key_dense,
        "value": layer.value_dense,
        "output": layer.output_dense,
    }


def _as_dense(part: Any, output: bool) -> tuple[np.ndarray, np.ndarray | None]:
    """Return kernel and bias of a layer of heads, as a dense layer has them."""
    kernel = as_array(part.kernel)
    # [heads, size, width] of what comes out, else [width, heads, size].
    width = kernel.shape[-1] if output else kernel.shape[0]
    kernel = kernel.reshape((-1, width) if output else (width, -1))
    return kernel, None if part.bias is None else as_array(part.bias).reshape(-1)
