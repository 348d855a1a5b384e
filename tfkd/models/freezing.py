"""Layers that are not trained for a while: found by name, frozen, and trainable again."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from ..errors import UserError
from .keras_internals import list_layers
from .layers import list_blocks, walk

_SHOWN = 400  # characters of the names in an error


class TrainableFlags:
    """The `trainable` flag of every layer of a model as it is now, to give it back later.

    Setting `trainable` of a model to the value that it has does nothing in Keras, to its layers
    neither, so each layer has to be set by itself.
    """

    def __init__(self, model: Any) -> None:
        layers = [model, *list_layers(model, recursive=True)]
        self._layers = [(layer, layer.trainable) for layer in layers]
        self._variables = [
            (variable, variable.trainable)
            for variable in model.variables
            # tf_keras reads the flags of layers alone.
            if getattr(type(variable).trainable, "fset", None)
        ]

    def restore(self) -> None:
        """Make layers and variables trainable, or not, as they were."""
        # A layer comes before those inside of it, to which it hands its own flag on.
        for layer, flag in self._layers:
            layer.trainable = flag
        for variable, flag in self._variables:
            variable.trainable = flag


def freeze(model: Any, names: Iterable[str]) -> None:
    """Freeze the layers of a model with these names.

    Args:
        model: A Keras or tf_keras model.
        names: Names or paths of layers, or their beginnings, see `find_by_beginning`: `block_1`
            stands for `block_1_attention` too, and not for `block_10`.

    Raises:
        UserError: A name that no layer with weights has, or nothing left to train.
    """
    names = list(names)
    layers = [layer for name in names for layer in find_by_beginning(model, name)]
    for layer in layers:
        layer.trainable = False
    if names and not model.trainable_variables:
        raise UserError(
            f"freezing {', '.join(map(repr, names))} leaves nothing to train: leave out one of "
            f"{_list_names(model)}."
        )


def has_layer(model: Any, beginning: str) -> bool:
    """Return whether a layer of a model has a name that begins so."""
    return bool(_find(model, beginning))


def find_by_beginning(model: Any, beginning: str) -> list[Any]:
    """Return the layers with weights whose names or paths begin so.

    Args:
        model: A Keras or tf_keras model.
        beginning: Of a name; a number at its end is a whole number. `embeddings` finds whatever is
            called an embedding too, `block` all blocks around an attention, and `block_0` the first
            of them, whatever their library calls them.

    Raises:
        UserError: No layer, with those that there are.
    """
    found = _find(model, beginning)
    if found:
        return found
    names = [layer.name for _, layer in walk(model) if layer.weights]
    near = get_close_matches(beginning, names, 3)
    hint = f" (did you mean {' or '.join(dict.fromkeys(near))}?)" if near else ""
    raise UserError(
        f"the model {model.name!r} has no layer {beginning!r} to freeze{hint}; its layers are "
        f"{_list_names(model)}."
    )


def _find(model: Any, beginning: str) -> list[Any]:
    pattern = re.escape(beginning) + (r"(?!\d)" if beginning[-1:].isdigit() else "")
    layers = [(path, layer) for path, layer in walk(model) if layer.weights]
    found = [
        layer
        for path, layer in layers
        if beginning and (re.match(pattern, path) or re.match(pattern, layer.name))
    ]
    if beginning == "embeddings":
        found += [layer for _, layer in layers if "embedding" in layer.name]
    return found or [
        block for n, block in enumerate(list_blocks(model)) if beginning in ("block", f"block_{n}")
    ]


def _list_names(model: Any) -> str:
    """List the names of a model's layers with weights: of the larger parts first, then inside."""
    by_depth = sorted(
        ((path.count("/"), layer.name) for path, layer in walk(model) if layer.weights),
        key=lambda each: each[0],
    )
    names = ", ".join(dict.fromkeys(name for _, name in by_depth))
    return names if len(names) <= _SHOWN else f"{names[:_SHOWN].rpartition(', ')[0]}, ..."
