"""What a model says of a user and some items: vectors, whose products order the items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .shelves import Shelf, find_places, score_places, stock_shelves


@dataclass(frozen=True, eq=False)
class RankedItems:
    """A user's vector and those of the candidates.

    Attributes:
        user: `[dimensions]`.
        items: `[candidates, dimensions]`, in the order of the example.
        texts: The candidates' texts; `with_example` puts them in.
    """

    user: np.ndarray
    items: np.ndarray
    texts: tuple[str, ...] = ()

    def scores(self) -> np.ndarray:
        """Return how well each candidate fits, `[candidates]`."""
        return self.items @ self.user

    def order(self) -> np.ndarray:
        """Return the candidates' numbers, the best one first."""
        return np.argsort(-self.scores(), kind="stable")

    def named(self, example: Mapping[str, Any]) -> RankedItems:
        """Return the answer with the texts of its example's candidates."""
        return replace(self, texts=tuple(example.get("candidates", ())))

    def best(self, count: int = 10) -> list[tuple[str, float]]:
        """Return the best candidates with their scores; without texts, by their numbers."""
        scores, places = self.scores(), self.order()[:count].tolist()
        return [(self.texts[at] if self.texts else str(at), float(scores[at])) for at in places]

    def __eq__(self, other: object) -> bool:
        """Return whether both put the same candidate first."""
        if not isinstance(other, RankedItems):
            return NotImplemented
        return bool(np.array_equal(self.order()[:1], other.order()[:1]))

    __hash__ = None  # type: ignore[assignment]  # equality is of the first candidate


def user_vector(liked: np.ndarray) -> np.ndarray:
    """Return the vector of a user who liked items: their mean, with 0 in the last place.

    The last number of an item's vector fills it up to unit length; it says nothing of the item.

    Args:
        liked: The vectors of the items, `[items, dimensions]`.

    >>> user_vector(np.array([[0.6, 0.0, 0.8], [0.0, 0.6, 0.8]])).astype("float64").round(
    ...     3
    ... ).tolist()
    [0.3, 0.3, 0.0]
    """
    mean = np.asarray(liked, "float32").sum(axis=0) / max(len(liked), 1)
    mean[-1] = 0.0
    return mean


def score_rankings(
    answers: Sequence[RankedItems], examples: Sequence[Mapping[str, Any]]
) -> dict[str, dict[str, np.ndarray]]:
    """Return the scores of each example by shelf and name, each `[examples]`, NaN elsewhere.

    An item is ranked among all items that any example of its shelf mentions.

    Args:
        answers: What a model says of each example.
        examples: These.
    """
    scores: dict[str, dict[str, np.ndarray]] = {}
    for name, shelf in stock_shelves(examples).items():
        places = find_places(shelf, *vectors_of(shelf, answers, examples))
        scores[name] = {}
        for measure, values in score_places(places).items():
            spread = np.full(len(examples), np.nan)
            spread[shelf.examples] = values
            scores[name][measure] = spread
    return scores


def merge_shelves(
    scores: Mapping[str, Mapping[str, np.ndarray]], measure: str, count: int
) -> np.ndarray:
    """Return a score of each example on whichever shelf it is, `[count]`, NaN where on none."""
    merged = np.full(count, np.nan)
    for by_measure in scores.values():
        merged = np.where(np.isnan(by_measure[measure]), merged, by_measure[measure])
    return merged


def vectors_of(
    shelf: Shelf, answers: Sequence[RankedItems], examples: Sequence[Mapping[str, Any]]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the vectors of a shelf's users and of all its items."""
    known: dict[str, np.ndarray] = {}
    for place in shelf.examples:
        texts = examples[place]["candidates"]
        known.update(zip(texts, answers[place].items, strict=True))
    users = np.stack([answers[place].user for place in shelf.examples])
    return users, np.stack([known[text] for text in shelf.texts])
