"""Models that nobody has built yet are built for a batch of any size.

The first batch alone would do as well, and leave its own size in the model, and in its file.
"""

from __future__ import annotations

import importlib
from typing import Any

import tensorflow as tf

from ..models.outputs import flavour, select_inputs


def build(model: Any, inputs: Any) -> None:
    """Build a Keras model, if it is not built, for inputs of these shapes but for the first axis.

    A model that cannot be called on placeholders stays as it is, and is built by the first batch.

    Args:
        model: Of either flavour; anything else is left alone.
        inputs: Tensors, or their specs, of which a dimension may be unknown.
    """
    if getattr(model, "built", True):
        return
    keras = importlib.import_module(flavour(model))
    try:
        placeholders = tf.nest.map_structure(
            lambda spec: keras.Input(tuple(spec.shape)[1:], dtype=spec.dtype.name), inputs
        )
        model(select_inputs(model, placeholders), training=False)
    except Exception:
        # Its own code may want numbers.
        return


def inputs_of(data: Any) -> Any:
    """Return what a `tf.data.Dataset` says of the shapes of its inputs; `None` of other data."""
    if not isinstance(data, tf.data.Dataset):
        return None
    spec = data.element_spec
    return spec[0] if isinstance(spec, (tuple, list)) else spec
