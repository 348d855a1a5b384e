"""The place of the right item among all items of its shelf, and the scores of that. NumPy only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...errors import UserError
from .user_histories import KNOWN

DEPTH = 10
_AT_ONCE = 256  # users that are ranked for at once


@dataclass(frozen=True)
class Shelf:
    """Some examples, and all items that one of them mentions.

    Attributes:
        examples: The positions of the examples among all.
        texts: The items' texts.
        target: The number of the right item of each example.
        excluded: The numbers of those that its user liked before, which are no candidates.
    """

    examples: np.ndarray
    texts: tuple[str, ...]
    target: np.ndarray
    excluded: tuple[np.ndarray, ...]


def stock_shelves(examples: Sequence[Mapping[str, Any]]) -> dict[str, Shelf]:
    """Return the shelves of examples with a right item, by name.

    Raises:
        UserError: There is no such example.
    """
    by_name: dict[str, list[int]] = {}
    for place, example in enumerate(examples):
        if example.get("label") is not None:
            by_name.setdefault(example.get("shelf") or KNOWN, []).append(place)
    if not by_name:
        raise UserError(
            "none of the examples has a label, what was liked next: give a column `chosen`."
        )
    return {name: _stock(places, examples) for name, places in by_name.items()}


def _stock(places: Sequence[int], examples: Sequence[Mapping[str, Any]]) -> Shelf:
    number: dict[str, int] = {}
    for place in places:
        for text in examples[place]["candidates"]:
            number.setdefault(text, len(number))
    target = [number[examples[place]["label"]] for place in places]
    excluded = []
    for place, right in zip(places, target, strict=True):
        example = examples[place]
        before = {*example["liked"], *(example.get("seen") or ())}
        known = {number[text] for text in before if text in number} - {right}
        excluded.append(np.array(sorted(known), "int64"))
    return Shelf(np.array(places), tuple(number), np.array(target), tuple(excluded))


def find_places(shelf: Shelf, users: np.ndarray, items: np.ndarray) -> np.ndarray:
    """Return how many items are above the right one of each example, and how many equal to it.

    Args:
        shelf: The examples and their items.
        users: A vector for each example, `[examples, dimensions]`.
        items: A vector for each item, `[items, dimensions]`.

    Returns:
        `[examples, 2]`; the right one counts among its equals.
    """
    places = np.zeros((len(users), 2), "int64")
    for start in range(0, len(users), _AT_ONCE):
        scores = (users[start : start + _AT_ONCE] @ items.T).astype("float64")
        places[start : start + len(scores)] = find_places_of_scores(shelf, scores, start)
    return places


def find_places_of_scores(shelf: Shelf, scores: np.ndarray, start: int = 0) -> np.ndarray:
    """Return the same of scores that are known, `[some examples, items]`.

    Args:
        shelf: The examples and their items.
        scores: How well each item fits, of the examples from `start` on; changed in place.
        start: The first of these examples.
    """
    for row, excluded in enumerate(shelf.excluded[start : start + len(scores)]):
        scores[row, excluded] = -np.inf
    right = scores[np.arange(len(scores)), shelf.target[start : start + len(scores)]][:, None]
    return np.stack([(scores > right).sum(axis=1), (scores == right).sum(axis=1)], axis=1)


def score_places(places: np.ndarray) -> dict[str, np.ndarray]:
    """Return NDCG@10, recall@10 and reciprocal rank for each example; equal items are averaged.

    With one right item, NDCG is 1 / log2(place + 1) within the first ten, and 0 behind them.

    Args:
        places: What `find_places` returned.

    >>> {
    ...     name: round(float(value[0]), 3)
    ...     for name, value in score_places(np.array([[2, 1]])).items()
    ... }
    {'ndcg@10': 0.5, 'recall@10': 1.0, 'mrr': 0.333}
    """
    above, equal = places[:, 0], places[:, 1]
    longest = int((above + equal).max(initial=0))
    order = np.arange(longest)
    gains = {
        "ndcg@10": np.where(order < DEPTH, 1.0 / np.log2(order + 2.0), 0.0),
        "recall@10": (order < DEPTH).astype(float),
        "mrr": 1.0 / (order + 1.0),
    }
    sums = {name: np.concatenate([[0.0], np.cumsum(gain)]) for name, gain in gains.items()}
    return {name: (s[above + equal] - s[above]) / equal for name, s in sums.items()}
