"""Find which variable of a model each stored constant of its file is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import numpy as np

from .grid import Grid, Packing
from .stored_weights import StoredWeights

_NEAR = 0.3
"Mean steps from what is stored: 0.25 where a variable is rounded, several where it is another."
_AXES = 4


@dataclass(frozen=True)
class Match:
    """A variable, as a constant of a file.

    Attributes:
        place: The variable's, in the list that was given.
        stored: The constant.
        grid: The variable's grid in the file.
        steps: The variable in steps of its own scales, in the shape of the constant.
        scales: The variable's own, below zero where the file has the opposite numbers.
    """

    place: int
    stored: StoredWeights
    grid: Grid
    steps: np.ndarray
    scales: np.ndarray


def match(values: Sequence[np.ndarray], stored: StoredWeights) -> Match | None:
    """Return which of some variables a constant is, None if it is none of them.

    Steps are compared, not numbers: a normalisation behind a layer is multiplied into its weights,
    which changes a channel's scale, and its sign, alone.

    Args:
        values: Those of the variables.
        stored: The constant.
    """
    if stored.numbers.size == stored.scales.size:
        # Any number is a step of its own scale.
        return None
    best, least = None, _NEAR
    for place, value in enumerate(values):
        for grid in _grids(value.shape, stored):
            steps, scales = (part.numpy() for part in grid.steps(value))
            same = (steps * stored.numbers).sum(axis=stored.axes, keepdims=True)
            signs = np.where(same < 0, -1, 1).astype("float32")
            steps, scales = steps * signs, scales * signs
            error = float(np.abs(steps - stored.numbers).mean())
            if error < least:
                best, least = Match(place, stored, grid, steps, scales), error
    return best


def _grids(shape: tuple[int, ...], stored: StoredWeights) -> Iterator[Grid]:
    """Yield all ways in which a variable of a shape may be a constant."""
    parts: dict[str, Any] = {
        "split": stored.split,
        "axes": stored.axes,
        "bits": stored.bits,
        "in_blocks": stored.in_blocks,
    }
    size, wanted = int(np.prod(shape)), stored.numbers.size
    if size == wanted and 0 < len(shape) <= _AXES:
        for order in permutations(range(len(shape))):
            yield Grid(shape, order, **parts)
    packing = _packing(shape, stored.shape) if size < wanted else None
    if packing is not None:
        yield Grid(shape, (0, 1), packing=packing, **parts)


def _packing(shape: tuple[int, ...], stored: tuple[int, ...]) -> Packing | None:
    """Return how a table may be filled up to the shape of a constant."""
    if len(shape) != 2 or len(stored) != 2 or stored[1] < shape[1]:
        return None
    together = stored[1] // shape[1]
    added = stored[0] * together - shape[0]
    if not 0 <= added < together:
        return None
    return Packing(added, together, stored[1] - together * shape[1])
