"""One pass over texts of many lengths: similar ones together, so that little is padding."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

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
