"""Which row holds which example: sorted keys, 24 bytes an example."""

from __future__ import annotations

import numpy as np

from .keys import SIZE


class RowsByKey:
    """Rows by key; of two rows with one key the first counts.

    >>> index = RowsByKey()
    >>> index.add(np.array([b"b", b"a"], "S16"))
    >>> index.find(np.array([b"a", b"c", b"b"], "S16")).tolist()
    [1, -1, 0]
    """

    def __init__(self) -> None:
        self._keys = np.zeros(0, f"S{SIZE}")
        self._rows = np.zeros(0, "int64")

    def __len__(self) -> int:
        return len(self._keys)

    def add(self, keys: np.ndarray) -> None:
        """Append rows, in their order."""
        rows = np.arange(len(self), len(self) + len(keys))
        order = np.argsort(keys, kind="stable")
        # After what is equal, so that the first row of a key stays the first.
        places = np.searchsorted(self._keys, keys[order], side="right")
        self._keys = np.insert(self._keys, places, keys[order])
        self._rows = np.insert(self._rows, places, rows[order])

    def find(self, keys: np.ndarray) -> np.ndarray:
        """Return the row of each key, -1 where there is none: `[keys]`, int64."""
        if not len(self):
            return np.full(len(keys), -1, "int64")
        places = np.minimum(np.searchsorted(self._keys, keys), len(self) - 1)
        return np.where(self._keys[places] == keys, self._rows[places], -1)
