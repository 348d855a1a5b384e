"""Find the grids of a model's variables, by a file of the same layers with other weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from ...models.keras_internals import compute_in_float32, list_layers
from ...runtime.quantisations import Quantization
from ..calling import ModelSignature, signature_of
from ..convert import Inconvertible, attempts, flatbuffer
from .grid import Grid
from .matching import match
from .stored_weights import read_stored_weights

_LENGTH = 32
"The size of free axes, where a model converts with fixed ones only."


def find_grids(model: Any, kind: Quantization) -> list[tuple[Any, Grid]]:
    """Return each variable that a file stores in integers, with the numbers it can hold of it.

    The model is converted as it would be exported, with random weights in place of its own, so that
    no two variables look alike. What it is made of does not matter, nor does it change.

    Args:
        model: A Keras 3 model that says its inputs.
        kind: How the file stores its numbers.

    Raises:
        UserError: The model does not convert.
    """
    values = _random_values(model)
    variables = [variable for variable, _ in values]
    arrays = [array for _, array in values]
    with compute_in_float32(model):
        blob = _convert(_Probe(**vars(signature_of(model)), values=values), kind)
    found: dict[int, Grid] = {}
    for stored in read_stored_weights(blob):
        matched = match(arrays, stored)
        if matched is None:
            continue
        old = found.get(matched.place)
        # A table that is read and said may be stored twice: what is coarsest decides.
        if old is None or (matched.grid.bits, matched.grid.count) < (old.bits, old.count):
            found[matched.place] = matched.grid
    return [(variables[place], grid) for place, grid in sorted(found.items())]


@dataclass(frozen=True)
class _Probe(ModelSignature):
    """A signature whose layers read given values in place of their variables."""

    values: list[tuple[Any, np.ndarray]] = field(default_factory=list)

    def serve(self, inputs: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Return the outputs by name."""
        pairs = [(variable, tf.constant(array)) for variable, array in self.values]
        with keras.StatelessScope(state_mapping=pairs):
            return super().serve(inputs)


def _random_values(model: Any) -> list[tuple[Any, np.ndarray]]:
    """Return numbers for each variable of float32, with normalisations that change nothing."""
    rng = np.random.default_rng(0)
    neutral = _without_effect(model)
    return [
        (
            variable,
            np.full(variable.shape, neutral[id(variable)], "float32")
            if id(variable) in neutral
            else rng.normal(size=variable.shape).astype("float32"),
        )
        for variable in model.variables
        if str(variable.dtype) == "float32"
    ]


def _without_effect(model: Any) -> dict[int, float]:
    """Return what variables of normalisations are where these change nothing, by their ids."""
    found: dict[int, float] = {}
    for layer in list_layers(model, recursive=True):
        if isinstance(layer, keras.layers.BatchNormalization):
            found |= {id(layer.gamma): 1.0, id(layer.beta): 0.0, id(layer.moving_mean): 0.0}
            found[id(layer.moving_variance)] = 1 - layer.epsilon
    return found


def _convert(signature: ModelSignature, kind: Quantization) -> bytes:
    refusal = Inconvertible("")
    for sizes in attempts(signature, _LENGTH):
        feed = {
            name: np.zeros([size or 1 for size in shape], dtype)
            for name, (shape, dtype) in sizes.inputs.items()
        }
        try:
            return flatbuffer(sizes, kind, [feed])
        except Inconvertible as error:
            refusal = error
    raise refusal.explain(signature.student.name) from refusal
