"""Whether a model that was taken apart computes the same."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from ...errors import UserError
from ...models.keras_internals import input_structure, precisions

LENGTH, ROWS = 6, 2
"""Of the inputs that both read: long enough for padding, and quick."""
TOLERANCE = 1e-4
"""In relation to the largest number; float32 alone differs by 1e-6."""
_OF_OTHER_FLOATS = 0.1
_TINY = 1e-6


def check_equal(model: Any, plain: keras.Model) -> None:
    """Refuse a model whose parts compute something else, on two short rows.

    Args:
        model: The original.
        plain: What was made of it.

    Raises:
        UserError: It has layers whose state is in neither config nor weights, or masks of their
            own.
    """
    inputs = keras.tree.map_structure(_example, input_structure(plain))
    if any(each is None for each in keras.tree.flatten(inputs)):
        return
    before, after = model(inputs, training=False), plain(inputs, training=False)
    tolerance = TOLERANCE
    if isinstance(model, keras.Model) and precisions(model):
        tolerance = _OF_OTHER_FLOATS
    for name, first, second in _pairs(before, after):
        one, other = np.asarray(first, "float32"), np.asarray(second, "float32")
        scale = float(np.abs(one[np.isfinite(one)]).max(initial=0.0))
        if not np.allclose(one, other, rtol=0, atol=tolerance * scale + _TINY, equal_nan=True):
            raise UserError(
                f"the model {model.name!r} computes another {name} when it is taken apart: it has "
                "a layer whose config and weights do not say all, or one that hands on a mask in "
                "its own way; write it with keras.layers in a functional graph."
            )


def _pairs(before: Any, after: Any) -> list[tuple[str, Any, Any]]:
    if isinstance(after, dict):
        return [(name, before[name], value) for name, value in after.items()]
    flat = keras.tree.flatten(before), keras.tree.flatten(after)
    return [("output", *pair) for pair in zip(*flat, strict=True)]


def _example(tensor: Any) -> Any:
    """Return two rows, of ones and zeros where numbers are whole; None where that is no number."""
    shape = [ROWS, *(size or LENGTH for size in tensor.shape[1:])]
    kind = str(tensor.dtype)
    if kind.startswith("float") or kind == "bfloat16":
        values = np.linspace(-1, 1, int(np.prod(shape))).reshape(shape)
    elif kind.startswith(("int", "uint", "bool")):
        values = np.ones(shape)
        # The second row is padded.
        values[1, ..., shape[-1] // 2 :] = 0
    else:
        return None
    return keras.ops.convert_to_tensor(values.astype("float32"), dtype=kind)
