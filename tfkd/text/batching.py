"""Texts of similar length together, as padded arrays, so that little is padding. Only NumPy."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

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


Each = TypeVar("Each")


TOKENS = 2_048  # of padded text in one batch


def by_length(lengths: np.ndarray) -> Iterator[np.ndarray]:
    """Positions, longest texts first, as many at a time as make about 2,048 tokens.

    The longest first: if memory does not suffice, that shows at once.

    >>> [each.tolist() for each in by_length(np.array([5, 2048, 7]))]
    [[1], [2, 0]]
    """
    order = np.argsort(-lengths.astype("int64"), kind="stable")
    done = 0
    while done < len(order):
        size = max(1, TOKENS // max(1, int(lengths[order[done]])))
        yield order[done : done + size]
        done += size


def chunks(stream: Iterable[Each], size: int) -> Iterator[list[Each]]:
    """Lists of `size`, the last one shorter; never more than one of them in memory.

    >>> list(chunks("abc", 2))
    [['a', 'b'], ['c']]
    """
    stream = iter(stream)
    while chunk := list(itertools.islice(stream, size)):
        yield chunk


def padded(ids: Sequence[Sequence[int]]) -> np.ndarray:
    """Lists of ids as one array `[texts, longest]`, int32, padded with 0.

    >>> padded([[5, 6], [7]]).tolist()
    [[5, 6], [7, 0]]
    """
    return pad(ids, max(map(len, ids), default=1))


MULTIPLE = 16  # tokens; padding a little more spares TensorFlow new shapes


def rounded(ids: np.ndarray) -> np.ndarray:
    """Padded to a multiple of 16 tokens: fewer shapes for TensorFlow to prepare."""
    return np.pad(ids, ((0, 0), (0, -ids.shape[1] % MULTIPLE)))
