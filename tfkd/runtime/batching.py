"""Micro-batches of equal-length texts: what saves most time on real texts, and needs only NumPy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

# Resizing a LiteRT graph costs 5 to 15 microseconds, 32 padded tokens of a small transformer 50:
# so the steps are fine, and only there to spare resizing between nearly equal lengths.
STEP = 8


def bucket(length: int, most: int) -> int:
    """`length` rounded up to a multiple of 8, at most `most`.

    >>> [bucket(n, most=20) for n in (3, 8, 9, 17)]
    [8, 8, 16, 20]
    """
    return min(-(-length // STEP) * STEP, max(most, length))


def pad(encoded: Sequence[Sequence[int]], length: int, dtype="int32") -> np.ndarray:
    """`[texts, length]` of ids, padded with 0 at the end.

    >>> pad([[5, 6], [7]], 3).tolist()
    [[5, 6, 0], [7, 0, 0]]
    """
    out = np.zeros((len(encoded), length), dtype)
    for row, ids in zip(out, encoded, strict=True):
        row[: len(ids)] = ids
    return out


def micro_batches(encoded: Sequence[Sequence[int]], size: int) -> Iterator[np.ndarray]:
    """Positions in `encoded`, `size` at a time, shortest texts first.

    >>> [each.tolist() for each in micro_batches([[1, 1, 1], [1], [1, 1]], size=2)]
    [[1, 2], [0]]
    """
    order = np.argsort([len(ids) for ids in encoded], kind="stable")
    for start in range(0, len(order), size):
        yield order[start : start + size]
