"""A smaller array from a larger one: along which axes, and which positions are kept."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

VOCABULARY, WIDTH, HEADS, INNER = "vocabulary", "width", "heads", "inner"

Sizes = dict[str, tuple[int, int]]  # what is cut: its size before and after
Kept = dict[str, np.ndarray]  # the positions that are kept of it, in order


def cut(value: np.ndarray, shape, sizes: Sizes, kept: Kept) -> np.ndarray:
    """`value` with the kept positions along each axis whose size differs from `shape`'s.

    >>> cut(np.array([[1, 2, 3], [4, 5, 6]]), (2, 2), {"width": (3, 2)}, {"width": [0, 2]}).tolist()
    [[1, 3], [4, 6]]
    """
    for axis, name in axes(value.shape, shape, sizes):
        value = np.take(value, kept[name], axis)
    return value


def axes(old, new, sizes: Sizes) -> Iterable[tuple[int, str]]:
    """The axes that become smaller, with what lies along them."""
    names = {pair: name for name, pair in sizes.items()}
    for axis, pair in enumerate(zip(old, new, strict=True)):
        if pair[0] != pair[1]:
            yield axis, names[pair]


def strongest(name: str, pairs, sizes: Sizes) -> np.ndarray:
    """The positions along the axes `name` with the greatest sum of squared weights, in order.

    `pairs` are arrays and the shapes that they are cut to.

    >>> strongest("width", [(np.array([[1.0, 3.0, -4.0]]), (1, 2))], {"width": (3, 2)}).tolist()
    [1, 2]
    """
    size, wanted = sizes[name]
    energy = np.zeros(size)
    for value, shape in pairs:
        for axis, found in axes(value.shape, shape, sizes):
            if found == name:
                others = tuple(each for each in range(value.ndim) if each != axis)
                energy += np.sum(np.square(value, dtype="float64"), axis=others)
    return np.sort(np.argsort(-energy, kind="stable")[:wanted])
