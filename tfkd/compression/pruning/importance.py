"""How much each set of places matters: gradient times weight, or the norm of its weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from ...errors import UserError
from ...models.keras_internals import statistics_of
from ..evidence import Evidence
from .graph_calls import AxisGraph

Weights = Mapping[tuple[str, int], np.ndarray]
"""Numbers for each weight, by its layer and its number there."""
Sum = Callable[[Weights], np.ndarray]
"""Adds up the numbers of what is cut together."""


def score_by_norm(model: Any, add_up: Sum) -> np.ndarray:
    """Return the norm of what is cut together, of frozen weights too.

    Args:
        model: The model.
        add_up: See `Sum`.
    """
    statistics = {id(each) for each in statistics_of(model)}
    weights = {key: each for key, each in _weights(model).items() if id(each) not in statistics}
    return np.sqrt(add_up({key: np.square(_values(each)) for key, each in weights.items()}))


def score_by_gradient(model: Any, evidence: Evidence, add_up: Sum) -> np.ndarray:
    """Return how much the loss would change: `|sum of weight * gradient|`, a mean over batches.

    After Michel et al. 2019, arXiv:1905.10650: of the weights behind a head alone, this would be
    the gradient of their gate. What the loss does not reach gets NaN, since nothing is known of it.

    Args:
        model: The model.
        evidence: Gives gradients of the distillation's loss.
        add_up: See `Sum`.

    Raises:
        UserError: No loss, no batch, or a gradient that is no number.
    """
    if evidence.gradients is None:
        raise UserError(
            "prune scores by the gradient of a loss, and there is none: write score=norm in the "
            "spec, as prune:0.4,score=norm, or give the distiller and its data."
        )
    numbers = {id(each): number for number, each in enumerate(model.trainable_variables)}
    variables = {key: each for key, each in _weights(model).items() if id(each) in numbers}
    total, batches = np.zeros(1), 0
    reached: set[tuple[str, int]] = set()
    for gradients in evidence.gradients(model):
        values = {}
        for key, variable in variables.items():
            gradient = gradients[numbers[id(variable)]]
            if gradient is not None:
                values[key] = _values(variable) * _values(tf.convert_to_tensor(gradient))
        total, batches = total + np.abs(add_up(values)), batches + 1
        reached |= set(values)
    if not batches:
        raise UserError("prune scores by the gradient of a loss, and got no batch of data.")
    score = total / batches
    if not np.isfinite(score).all():
        raise UserError("prune got a gradient of the loss that is no finite number: NaN or inf.")
    ones = {key: np.ones(variables[key].shape) for key in reached}
    return np.where(add_up(ones) > 0, score, np.nan)


def sum_of_sets(graph: AxisGraph) -> Sum:
    """Return what adds up the numbers of each set of places, by the set's number."""
    axes = {
        key: [None if axis is None else graph.positions.find(axis) for axis in found]
        for key, found in graph.weights.items()
    }
    size = 1 + max((int(axis[-1]) for axis in graph.positions.made.values()), default=0)

    def add_up(weights: Weights) -> np.ndarray:
        total = np.zeros(size)
        for key in axes.keys() & weights.keys():
            for place, axis in enumerate(axes[key]):
                if axis is not None:
                    others = tuple(n for n in range(weights[key].ndim) if n != place)
                    np.add.at(total, axis, weights[key].sum(axis=others, dtype="float64"))
        return total

    return add_up


def _weights(model: Any) -> dict[tuple[str, int], Any]:
    return {
        (layer.name, number): weight
        for layer in model.layers
        for number, weight in enumerate(layer.weights)
    }


def _values(variable: Any) -> np.ndarray:
    """Return values whose products do not vanish, as those of small float16 do."""
    return np.asarray(variable.numpy(), "float32")
