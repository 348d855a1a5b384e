"""Find the grids of a model's variables, by a file of the same layers with other weights."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from ...models.keras_internals import compute_in_float32, list_layers
from ...models.saving import quiet_save
from ...runtime.quantisations import Quantization
from ..calling import ModelSignature, signature_of
from ..convert import Inconvertible, attempts, flatbuffer
from .grid import Grid
from .matching import match
from .stored_weights import read_stored_weights

_LENGTH = 32
"The size of free axes, where a model converts with fixed ones only."
_FOUND: dict[Hashable, dict[int, Grid]] = {}
"""What was found, by kind and structure: a run asks before it begins, of the copy that is trained,
and of the one that is rounded."""


def find_grids(model: Any, kind: Quantization) -> list[tuple[Any, Grid]]:
    """Return each variable that a file stores in integers, with the numbers it can hold of it.

    The model is converted as it would be exported, with random weights in place of its own, so that
    no two variables look alike. What it is made of does not matter, nor does it change. A model of
    the same structure is not converted again.

    Args:
        model: A Keras 3 model that says its inputs.
        kind: How the file stores its numbers.

    Raises:
        UserError: The model does not convert.
    """
    structure = _structure(model)
    key = (kind.name, structure)
    found = _FOUND.get(key)
    if found is None:
        found = _find_places(model, kind)
        if structure is not None:
            _FOUND[key] = found
    variables = _floats(model)
    return [(variables[place], grid) for place, grid in sorted(found.items())]


def _structure(model: Any) -> Hashable:
    """Return what two models have in common that convert to the same file; None if unknown."""
    try:
        with quiet_save():
            config = json.dumps(model.get_config(), sort_keys=True)
    # Whatever a layer of the user's own raises.
    except Exception:
        return None
    # A notebook may define a layer again, with other calls and the same settings.
    kinds = tuple(type(layer) for layer in list_layers(model, recursive=True))
    shapes = tuple((tuple(variable.shape), str(variable.dtype)) for variable in model.variables)
    return hashlib.sha256(config.encode()).digest(), kinds, shapes


def _find_places(model: Any, kind: Quantization) -> dict[int, Grid]:
    """Return the grid of each of a model's variables of float32, by its place among them."""
    values = _random_values(model)
    with compute_in_float32(model):
        blob = _convert(_Probe(**vars(signature_of(model)), values=values), kind)
    found: dict[int, Grid] = {}
    for stored in read_stored_weights(blob):
        matched = match([array for _, array in values], stored)
        if matched is None:
            continue
        old = found.get(matched.place)
        # A table that is read and said may be stored twice: what is coarsest decides.
        if old is None or (matched.grid.bits, matched.grid.count) < (old.bits, old.count):
            found[matched.place] = matched.grid
    return found


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
    """Return numbers for each variable of float32, and none below 0 of which a root is drawn.

    Also of normalisations: what these are multiplied into along its inputs then looks like no
    variable, and it is none that a file holds as it is.
    """
    rng = np.random.default_rng(0)
    variances = {
        id(layer.moving_variance)
        for layer in list_layers(model, recursive=True)
        if isinstance(layer, keras.layers.BatchNormalization)
    }
    return [
        (
            variable,
            np.ones(variable.shape, "float32")
            if id(variable) in variances
            else rng.normal(size=variable.shape).astype("float32"),
        )
        for variable in _floats(model)
    ]


def _floats(model: Any) -> list[Any]:
    return [variable for variable in model.variables if str(variable.dtype) == "float32"]


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
