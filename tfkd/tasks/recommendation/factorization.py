"""Vectors of items from what users liked: a truncated singular value decomposition, seeded."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_PASSES = 6
_MORE = 16
"""Columns of the sketch beyond those that are wanted, and passes that sharpen it."""


def factorize(likes: Sequence[Sequence[int]], items: int, factors: int) -> np.ndarray:
    """Return a vector for each item, so that items which the same users liked point the same way.

    What a user likes next is scored by the sum of the products with what the user liked before:
    the user's row of the matrix, projected on the first right singular vectors (PureSVD, Cremonesi
    et al. 2010). An item that nobody liked has zeros.

    Args:
        likes: The numbers of the items that each user liked.
        items: How many items there are.
        factors: How many numbers a vector has, fewer where there are fewer users or items.

    Returns:
        `[items, factors]`, float32; the first column belongs to the largest singular value.

    >>> vectors = factorize([[0, 1], [0, 1], [2]], items=4, factors=2)
    >>> np.abs(vectors @ vectors.T).round(3).tolist()[0]
    [0.5, 0.5, 0.0, 0.0]
    """
    columns = np.fromiter((item for each in likes for item in each), "int64")
    rows = np.repeat(np.arange(len(likes)), [len(each) for each in likes])
    factors = min(factors, len(likes), items)
    # A random sketch and some passes, as of Halko, Martinsson and Tropp 2011.
    width = min(factors + _MORE, len(likes), items)
    sketch = np.random.default_rng(0).standard_normal((items, width))
    for _ in range(_PASSES):
        users, _ = np.linalg.qr(_sum(rows, sketch[columns], len(likes)))
        sketch = _sum(columns, users[rows], items)
    vectors, values, _ = np.linalg.svd(sketch, full_matrices=False)
    vectors = vectors * (values > values[0] * 1e-9)
    return vectors[:, :factors].astype("float32")


def _sum(places: np.ndarray, values: np.ndarray, count: int) -> np.ndarray:
    """Return the sums of the rows of `values` by their places, `[count, width]`."""
    order = np.argsort(places, kind="stable")
    present, starts = np.unique(places[order], return_index=True)
    sums = np.zeros((count, values.shape[1]))
    sums[present] = np.add.reduceat(values[order], starts, axis=0)
    return sums
