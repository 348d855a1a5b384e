"""Tensors that are as long as their texts, padded to batches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..text.words import NO_CELL
from .manifest import AXES, WORDS, Output
from .row_lengths import Lengths


def pad_tensors(tensors: Sequence[np.ndarray], output: Output, least: Lengths) -> np.ndarray:
    """Return tensors of unlike lengths as one batch.

    Args:
        tensors: One an example, each in its own length.
        output: What they are.
        least: The lengths that the batch has at least.
    """
    sizes = dict(zip(AXES, least, strict=True))
    for place, axis in enumerate(output.shape):
        if isinstance(axis, str):
            sizes[axis] = max([sizes[axis], *(tensor.shape[place] for tensor in tensors)])
    shape = (len(tensors), *output.shape_for(*sizes.values()))
    out = np.full(shape, fill_of(output), output.dtype)
    for place, tensor in zip(out, tensors, strict=True):
        place[tuple(map(slice, tensor.shape))] = tensor
    return out


def fill_of(output: Output) -> float:
    """Return what an output is padded with: 0, or what no class has, where words are classes."""
    return NO_CELL if output.shape[-1:] == (WORDS,) else 0.0


@dataclass(frozen=True)
class NearTensor:
    """A tensor of all rows in memory, one text after the other along its first axis.

    Attributes:
        units: All tokens, or words, of all texts, `[units, ...]`.
        starts: Where each row begins.
        lengths: How many units each row has.
    """

    units: np.ndarray
    starts: np.ndarray
    lengths: np.ndarray

    def take(self, rows: np.ndarray, least: int) -> np.ndarray:
        """Return some rows, padded with 0 to their longest, or to `least`."""
        lengths = self.lengths[rows]
        places = np.arange(max(least, int(lengths.max(initial=0))))
        there = places < lengths[:, None]
        out = np.zeros((len(rows), len(places), *self.units.shape[1:]), self.units.dtype)
        out[there] = self.units[(self.starts[rows][:, None] + places)[there]]
        return out
