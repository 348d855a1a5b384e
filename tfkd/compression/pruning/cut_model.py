"""Make the smaller model: settings changed, weights cut and copied."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np

from .graph_calls import AxisGraph

Masks = Mapping[tuple[str, int], Sequence[np.ndarray | None]]


def cut_sets(model: Any, graph: AxisGraph, cut: set[int]) -> Any:
    """Return a model without some sets of places.

    Args:
        model: What the graph is of; it is not changed.
        graph: What the axes of its weights stand for.
        cut: The numbers of the sets.
    """
    config = copy.deepcopy(graph.config)
    entries = {each["name"]: each for each in config["layers"]}
    understood = {layer for layer, _ in graph.weights}
    for name, entry in entries.items():
        if name in understood or not graph.shapes.get(name):
            # The shape of the inputs that it was built for; it is built when it is called.
            entry.pop("build_config", None)
    for size in graph.sizes:
        settings, kept = entries[size.layer]["config"], int(_kept(graph, size.axis, cut).sum())
        if size.index is None:
            settings[size.key] = kept
        else:
            numbers = settings[size.key]
            numbers = list(numbers) if isinstance(numbers, (list, tuple)) else [numbers]
            numbers[size.index] = kept
            settings[size.key] = numbers
    masks = {
        key: [None if axis is None else _kept(graph, axis, cut) for axis in axes]
        for key, axes in graph.weights.items()
    }
    return make_like(config, model, masks)


def _kept(graph: AxisGraph, axis: np.ndarray, cut: set[int]) -> np.ndarray:
    return np.array([root not in cut for root in graph.positions.find(axis).tolist()], bool)


def make_like(config: dict, model: Any, masks: Masks | None = None) -> Any:
    """Return a model of a configuration, with what is kept of another's weights.

    Args:
        config: Of the model to make, whose layers are some of the other's.
        model: The other.
        masks: For each axis of some weights, by layer and number, what is kept; None: all.
    """
    masks = masks or {}
    made = keras.Model.from_config(config)
    for layer in made.layers:
        values = model.get_layer(layer.name).get_weights()
        for number, value in enumerate(values):
            for axis, mask in enumerate(masks.get((layer.name, number), [])):
                if mask is not None:
                    value = np.compress(mask, value, axis=axis)
            values[number] = value
        layer.set_weights(values)
    return made
