"""Whether a classifier's classes are in another order than those of the labels. NumPy only."""

from __future__ import annotations

import math

import numpy as np

MOST_TEXTS = 1_000
_GAIN = 0.15
"""The least gain in accuracy by which another order is told of."""
_ERRORS = 3.0
"""Standard errors of this gain that chance may explain."""


def texts_needed(classes: int) -> int:
    """Return how many labelled texts tell an order of so many classes.

    >>> texts_needed(2), texts_needed(77)
    (200, 385)
    """
    return min(max(200, 5 * classes), MOST_TEXTS)


def find_order(predicted: np.ndarray, labels: np.ndarray, classes: int) -> list[int] | None:
    """Return which of a model's classes stands for each class, `None` where it is the same.

    The order is found on one half of the texts and judged on the other. So the many orders of many
    classes do not fit a model by chance.

    Args:
        predicted: The most probable class of each text, `[texts]`.
        labels: The classes of the texts; -100 where there is none.
        classes: How many there are.

    >>> labels = np.arange(60) % 3
    >>> find_order(np.array([1, 0, 2])[labels], labels, 3)
    [1, 0, 2]
    """
    known = labels >= 0
    predicted, labels = predicted[known], labels[known]
    if len(np.unique(labels)) < 2:
        return None
    halves = np.arange(len(labels)) % 2
    better = np.zeros(len(labels), bool)
    for half in (0, 1):
        order = _fit(predicted[halves != half], labels[halves != half], classes)
        rows = halves == half
        better[rows] = np.array(order)[labels[rows]] == predicted[rows]
    same = predicted == labels
    only_better, only_same = int((better & ~same).sum()), int((same & ~better).sum())
    gain = (only_better - only_same) / len(labels)
    certain = only_better - only_same > _ERRORS * math.sqrt(only_better + only_same)
    chance = np.bincount(labels).max() / len(labels)
    if gain < _GAIN or not certain or better.mean() <= chance + 0.02:
        return None
    return _fit(predicted, labels, classes)


def _fit(predicted: np.ndarray, labels: np.ndarray, classes: int) -> list[int]:
    """Return the order of classes that fits best, the most frequent pairs of classes first."""
    counts = np.bincount(labels * classes + predicted, minlength=classes**2)
    # Of equal counts, the class itself is the first choice.
    ranked = counts.reshape(classes, classes) + 0.5 * np.eye(classes)
    order, free = [-1] * classes, set(range(classes))
    for cell in np.argsort(-ranked, axis=None, kind="stable"):
        ours, theirs = divmod(int(cell), classes)
        if order[ours] < 0 and theirs in free:
            order[ours] = theirs
            free.discard(theirs)
        if not free:
            break
    return order
