"""Which places of which axes have to be cut together."""

from __future__ import annotations

import numpy as np

Axis = np.ndarray | None
"""The set that each place of an axis is in; None where nothing is cut."""
Axes = tuple[Axis, ...]
KINDS = ("units", "width", "channels", "heads")
"""What sets may be, the stronger name last: a head is made of units."""


class Positions:
    """Sets of places that are cut together or not at all; those in set 0 are never cut."""

    def __init__(self) -> None:
        self._parents = [0]
        self._kinds = {0: 0}
        self.made: dict[str, np.ndarray] = {}

    def make(self, layer: str, count: int, kind: str) -> np.ndarray:
        """Return an axis of new places, each a set of its own.

        Args:
            layer: The layer that makes the axis; it may ask again when it is called again.
            count: How many places.
            kind: One of `KINDS`.
        """
        if layer not in self.made:
            axis = np.arange(len(self._parents), len(self._parents) + count)
            self._parents.extend(axis.tolist())
            self.made[layer] = axis
            self.mark(axis, kind)
        return self.made[layer]

    def find(self, axis: np.ndarray) -> np.ndarray:
        """Return the set of each place, by the number that it has now."""
        return np.array([self._root(place) for place in axis.tolist()], int)

    def join(self, first: np.ndarray, second: np.ndarray) -> None:
        """Put the places of two axes into common sets, one by one."""
        if first is second:
            return
        for one, other in zip(first.tolist(), second.tolist(), strict=True):
            low, high = sorted((self._root(one), self._root(other)))
            self._parents[high] = low
            self._kinds[low] = max(self._kinds.get(low, 0), self._kinds.get(high, 0))

    def fix(self, axis: Axis) -> None:
        """Say that no place of an axis is ever cut."""
        if axis is not None:
            self.join(axis, np.zeros_like(axis))

    def mark(self, axis: np.ndarray, kind: str) -> None:
        """Say what the sets of an axis are, where nothing stronger was said."""
        for root in set(self.find(axis).tolist()):
            self._kinds[root] = max(self._kinds.get(root, 0), KINDS.index(kind))

    def kind(self, root: int) -> str:
        """Return what a set is."""
        return KINDS[self._kinds[root]]

    def _root(self, place: int) -> int:
        parents = self._parents
        while parents[place] != place:
            parents[place] = parents[parents[place]]
            place = parents[place]
        return place
