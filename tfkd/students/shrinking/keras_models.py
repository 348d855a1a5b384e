"""Smaller KerasHub encoders and Keras models around them: a smaller config, weights by name."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ...errors import UserError
from ...models.input_names import IDS
from ...models.keras_internals import list_layers
from .cutting import HEADS, INNER, VOCABULARY, WIDTH, Kept, Sizes, cut, strongest
from .layer_choice import choose_layers

_BLOCK = "transformer_layer_"
_FIELDS = {
    VOCABULARY: "vocabulary_size",
    WIDTH: "hidden_dim",
    HEADS: "num_heads",
    INNER: "intermediate_dim",
}


def keras_student(
    teacher: Any, layers: int | Sequence[int] | None, width: int | None, kept: Kept
) -> Any:
    """Make a model of the same class with a smaller encoder in it."""
    before = _encoder(teacher.get_config(), teacher.name)
    keep = choose_layers(layers, before["num_layers"])
    sizes = _sizes(before, width, kept)
    config = copy.deepcopy(teacher.get_config())
    for part in _configs(config):
        # It holds the shapes of before.
        part.pop("build_config", None)
    smaller = {_FIELDS[name]: after for name, (_, after) in sizes.items()}
    _encoder(config, teacher.name).update(num_layers=len(keep), **smaller)
    if VOCABULARY in kept:
        _renumber_pieces(config, kept[VOCABULARY])
    small = type(teacher).from_config(config)
    # The config says what was frozen in the teacher.
    for layer in (small, *list_layers(small, recursive=True)):
        layer.trainable = True
    _copy(teacher, small, keep, sizes, kept)
    return small


def _encoder(config: dict, name: str) -> dict:
    """Return the one config among a model's that says how many layers there are."""
    encoders = [part for part in _configs(config) if "num_layers" in part]
    if len(encoders) != 1:
        raise UserError(
            f"shrink found {len(encoders)} encoders in {name!r}: give a KerasHub encoder or "
            "classifier, or a Hugging Face TensorFlow model; one that was tuned by adapter or "
            "prompt is none any more, since layers were put between its own."
        )
    return encoders[0]


def _renumber_pieces(config: dict, kept: np.ndarray) -> None:
    """Let a model that looks for certain ids, of marks or padding, look for their new ones."""
    new = {int(old): place for place, old in enumerate(kept)}
    for part in _configs(config):
        if part.get("class_name") not in ("Equal", "NotEqual"):
            continue
        for node in part.get("inbound_nodes", ()):
            tensor, *others = node["args"]
            history = tensor.get("config", {}).get("keras_history", [""])
            if history[0] in IDS and len(others) == 1 and isinstance(others[0], int):
                node["args"] = [tensor, new.get(others[0], others[0])]


def _sizes(before: dict, width: int | None, kept: Kept) -> Sizes:
    """Return what becomes smaller, from what to what."""
    sizes = {name: (before[_FIELDS[name]], len(places)) for name, places in kept.items()}
    if width is None:
        return sizes
    try:
        whole, heads, inner = (before[_FIELDS[name]] for name in (WIDTH, HEADS, INNER))
    except KeyError as error:
        raise UserError(f"width={width}: this encoder's config names no {error}.") from None
    head = whole // heads
    if not isinstance(width, int) or not 0 < width <= whole or width % head or inner == whole:
        raise UserError(
            f"width={width} of an encoder of {whole} with {heads} heads and {inner} inner units: "
            f"write a multiple of {head} up to {whole}."
        )
    return sizes | {
        WIDTH: (whole, width),
        HEADS: (heads, width // head),
        INNER: (inner, inner * width // whole),
    }


def _configs(value: Any) -> Iterator[dict]:
    """Yield every dict inside a config, at any depth."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for part in value:
            yield from _configs(part)


def _copy(teacher: Any, small: Any, keep: tuple[int, ...], sizes: Sizes, kept: Kept) -> None:
    """Copy the weights of each layer by its name, of a block from the block it stands for."""
    theirs = {path: layer.get_weights() for path, layer in _leaves(teacher)}
    pairs = {}
    for path, layer in _leaves(small):
        old = re.sub(rf"({_BLOCK})(\d+)", lambda match: f"{match[1]}{keep[int(match[2])]}", path)
        shapes = [tuple(weight.shape) for weight in layer.weights]
        pairs[layer] = list(zip(theirs[old], shapes, strict=True))
    everywhere = [pair for own in pairs.values() for pair in own]
    if WIDTH in sizes:
        kept = kept | {WIDTH: strongest(WIDTH, everywhere, sizes)}
    for layer, arrays in pairs.items():
        own = {name: strongest(name, arrays, sizes) for name in (HEADS, INNER) if name in sizes}
        layer.set_weights([cut(value, shape, sizes, kept | own) for value, shape in arrays])


def _leaves(model: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the layers with weights of their own, each once; a block is one."""
    for layer in list_layers(model):
        own = f"{path}/{layer.name}"
        inside = list_layers(layer)
        if inside and not layer.name.startswith(_BLOCK):
            yield from _leaves(layer, own)
        elif layer.weights:
            yield own, layer
