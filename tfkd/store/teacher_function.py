"""A teacher as a function of padded arrays by name, in one graph where it can be traced so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import UserError
from ..models.callables import Model, as_teacher
from ..models.input_names import IDS, MASKS
from ..text import encoder_of
from .example_stream import as_inputs
from .keys import Example
from .row_lengths import ragged_inputs

Arrays = dict[str, np.ndarray]


def as_function(
    teacher: Any, reads: tuple[str, ...], form: type, sample: list[Example]
) -> Callable[[Arrays], Any]:
    """Return the teacher as a function of padded arrays by name."""
    if encoder_of(teacher) is not None:
        name = next((name for name in sample[0] if name in IDS), None)
        if name is None:
            raise UserError(
                f"the dataset gives {', '.join(map(repr, sample[0]))} and this teacher reads ids: "
                f"call them {IDS[0]!r}, or give a list of texts."
            )

        def run_text_model(inputs: Arrays) -> Any:
            # Its masks are made of the padding.
            arrays = {key: array for key, array in inputs.items() if key not in MASKS}
            return teacher.outputs(arrays if len(arrays) > 1 else inputs[name], reads)

        return run_text_model
    held = as_teacher(teacher)
    # Anything but a Keras model is compiled by its owner, or not at all.
    if not isinstance(held, Model):
        return lambda inputs: held(as_inputs(form, _tensors(inputs)), reads)

    compiled = _compiled(lambda inputs: held(as_inputs(form, inputs), reads), sample[0])
    return lambda inputs: compiled(_tensors(inputs))


def _compiled(function: Callable[[Any], Any], example: Example) -> Callable[[Any], Any]:
    """Trace one graph for every batch and length, where the model can be traced so."""
    import tensorflow as tf

    counts, specs = ragged_inputs([example]), {}
    for name, value in example.items():
        array = np.asarray(value)
        shape = (None, *array.shape[1:]) if name in counts else array.shape
        kind = tf.string if array.dtype.kind in "SUO" else array.dtype
        specs[name] = tf.TensorSpec((None, *shape), kind)
    free = tf.function(function, input_signature=[specs], autograph=False)
    try:
        free.get_concrete_function()
    # In a model's own words: it needs to know a length.
    except Exception:
        return tf.function(function, autograph=False)
    return free


def _tensors(inputs: Arrays) -> dict[str, Any]:
    import tensorflow as tf

    return {name: tf.convert_to_tensor(array) for name, array in inputs.items()}
