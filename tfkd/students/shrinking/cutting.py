"""A smaller array from a larger one: along which axes, and which positions are kept."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

VOCABULARY, WIDTH, HEADS, INNER = "vocabulary", "width", "heads", "inner"

# What is cut: its size before and after.
Sizes = dict[str, tuple[int, int]]
# The positions that are kept of it, in order.
Kept = dict[str, np.ndarray]


def cut(value: np.ndarray, shape: tuple[int, ...], sizes: Sizes, kept: Kept) -> np.ndarray:
    """Keep some positions of `value` along each axis whose size differs from `shape`'s.

    Args:
        value: An array.
        shape: Of the result.
        sizes: What lies along an axis, by its sizes before and after.
        kept: The positions that are kept of it.

    >>> cut(np.array([[1, 2, 3], [4, 5, 6]]), (2, 2), {"width": (3, 2)}, {"width": [0, 2]}).tolist()
    [[1, 3], [4, 6]]
    """
    for axis, name in axes(value.shape, shape, sizes):
        value = np.take(value, kept[name], axis)
    return value


def axes(old: tuple[int, ...], new: tuple[int, ...], sizes: Sizes) -> Iterable[tuple[int, str]]:
    """Yield the axes that become smaller, with what lies along them."""
    names = {pair: name for name, pair in sizes.items()}
    for axis, pair in enumerate(zip(old, new, strict=True)):
        if pair[0] != pair[1]:
            yield axis, names[pair]


def strongest(
    name: str, pairs: Iterable[tuple[np.ndarray, tuple[int, ...]]], sizes: Sizes
) -> np.ndarray:
    """Return the positions with the greatest sum of squared weights, in order.

    Args:
        name: What lies along the axes.
        pairs: Arrays, and the shapes that they are cut to.
        sizes: What lies along an axis, by its sizes before and after.

    >>> strongest("width", [(np.array([[1.0, 3.0, -4.0]]), (1, 2))], {"width": (3, 2)}).tolist()
    [1, 2]
    """
    size, count = sizes[name]
    energy = np.zeros(size)
    for value, shape in pairs:
        for axis, along in axes(value.shape, shape, sizes):
            if along == name:
                others = tuple(other for other in range(value.ndim) if other != axis)
                energy += np.sum(np.square(value, dtype="float64"), axis=others)
    return np.sort(np.argsort(-energy, kind="stable")[:count])
