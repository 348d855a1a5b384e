"""The sets of places that may be cut: heads, units, channels and coordinates, by layers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .graph_calls import AxisGraph


@dataclass(frozen=True)
class Prunable:
    """The sets of one layer, or of layers whose places are cut together."""

    kind: str
    layer: str
    sets: tuple[int, ...]


def find_families(graph: AxisGraph, least: int = 2) -> list[Prunable]:
    """Return what may be cut, in the order of the layers; one set alone may not.

    Args:
        graph: What is known of a model.
        least: How many sets a layer has to have. With 1 its last one is found too, whose weights
            belong to what a share is of.
    """
    found: list[tuple[str, set[int]]] = []
    for layer, axis in graph.positions.made.items():
        sets = set(graph.positions.find(axis).tolist()) - {0}
        for each in [each for each in found if each[1] & sets]:
            found.remove(each)
            layer, sets = each[0], each[1] | sets
        if sets:
            found.append((layer, sets))
    return [
        Prunable(graph.positions.kind(min(sets)), layer, tuple(sorted(sets)))
        for layer, sets in found
        if len(sets) >= least
    ]


class WeightTally:
    """Counts the weights that are left while sets are cut.

    Args:
        graph: What the axes of the weights stand for.
        families: Whose weights count.
    """

    def __init__(self, graph: AxisGraph, families: list[Prunable]) -> None:
        self.cut: set[int] = set()
        able = {root for family in families for root in family.sets}
        self._left: list[list[int]] = []
        self._places: dict[int, list[tuple[int, int, int]]] = {}
        for (layer, number), axes in graph.weights.items():
            shape = graph.shapes[layer][number]
            found = [None if axis is None else graph.positions.find(axis) for axis in axes]
            if not any(axis is not None and able & set(axis.tolist()) for axis in found):
                continue
            for place, axis in enumerate(found):
                roots, counts = np.unique([] if axis is None else axis, return_counts=True)
                for root, count in zip(roots.tolist(), counts.tolist(), strict=True):
                    entry = (len(self._left), place, count)
                    self._places.setdefault(int(root), []).append(entry)
            self._left.append(list(shape))
        self.total = self.weights

    @property
    def weights(self) -> int:
        """How many weights are left of those that could become fewer."""
        return sum(int(np.prod(shape)) for shape in self._left)

    def freed(self, root: int) -> int:
        """Return how many weights would go with a set."""
        before = {number: int(np.prod(self._left[number])) for number, *_ in self._places[root]}
        self._take(root, 1)
        after = sum(int(np.prod(self._left[number])) for number in before)
        self._take(root, -1)
        return sum(before.values()) - after

    def remove(self, root: int) -> bool:
        """Cut a set, unless a layer would have nothing left; return whether it was cut."""
        taken: dict[tuple[int, int], int] = {}
        for number, place, count in self._places[root]:
            taken[number, place] = taken.get((number, place), 0) + count
        if any(self._left[number][place] <= count for (number, place), count in taken.items()):
            return False
        self._take(root, 1)
        self.cut.add(root)
        return True

    def _take(self, root: int, sign: int) -> None:
        for number, place, count in self._places[root]:
            self._left[number][place] -= sign * count
