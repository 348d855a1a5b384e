"""One pass over texts of many lengths: similar ones together, so that little is padding."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import TypeVar

import numpy as np

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
