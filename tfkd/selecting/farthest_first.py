"""Choose texts that lie far from each other: k-centres, greedily, the farthest text first.

Each choice is exactly that of the plain greedy method, which compares all texts after each choice.
Here some thousand of the farthest texts are looked at alone, for as long as none outside of them
can be farther; then all choices since are compared with all texts in one product of matrices.

Source: Gonzalez 1985, Clustering to minimize the maximum intercluster distance; for the choice of
texts to label, Sener and Savarese 2018, arXiv:1708.00489.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

POOL = 2_048
BLOCK = 8_192
"""Texts that are compared with all new choices at once."""
_TAKEN = np.float32(4.0)
"""More than any cosine: never the farthest."""
_SAME = 1e-6


@dataclass
class Spread:
    """What was chosen, and how near all texts are to it.

    Attributes:
        vectors: Of all texts, `[texts, numbers]`, of unit length.
        open: Which texts may be chosen.
        chosen: The places of the chosen texts, in the order of their choice.
        cosine: Of each text and the nearest chosen one.
        owner: Which choice that is, by its number; -1 for one that was there from the start.
        ties: How many choices had another text that was exactly as far.
    """

    vectors: np.ndarray
    open: np.ndarray
    chosen: list[int]
    cosine: np.ndarray
    owner: np.ndarray
    ties: int = 0

    @classmethod
    def of(cls, vectors: np.ndarray, open_: np.ndarray) -> Spread:
        """Begin with nothing chosen.

        Args:
            vectors: Of all texts, of unit length.
            open_: Which of them may be chosen, bool.
        """
        nothing = np.full(len(vectors), -2.0, "float32")
        return cls(vectors, open_.copy(), [], nothing, np.full(len(vectors), -1, "int32"))

    def add_known(self, places: np.ndarray) -> None:
        """Take texts as chosen before, from which all choices shall lie far.

        Args:
            places: Where they are.
        """
        for start in range(0, len(places), POOL):
            self._compare(places[start : start + POOL], -1)

    def _compare(self, places: np.ndarray, first: int) -> None:
        """Compare all texts with new choices, the first of which has this number."""
        new = self.vectors[places].T
        for start in range(0, len(self.vectors), BLOCK):
            rows = slice(start, start + BLOCK)
            cosines = self.vectors[rows] @ new
            best = cosines.argmax(axis=1)
            cosine = cosines[np.arange(len(best)), best]
            nearer = cosine > self.cosine[rows]
            self.cosine[rows] = np.where(nearer, cosine, self.cosine[rows])
            numbers = first + best if first >= 0 else np.full(len(best), -1)
            self.owner[rows] = np.where(nearer, numbers, self.owner[rows])


def spread_out(
    spread: Spread,
    count: int,
    *,
    near: float,
    rng: np.random.Generator,
    advance: Callable[[int], None],
) -> None:
    """Choose texts, each as far as possible from all that are chosen.

    Args:
        spread: What there is to choose from; takes the choices.
        count: How many more to choose. There may be fewer.
        near: The cosine from which on a text is nearly one that is chosen, and not chosen.
        rng: Draws the first text, where nothing is chosen yet.
        advance: Is called with the number of new choices.
    """
    if not (spread.cosine > -2).any() and spread.open.any() and count:
        first = int(rng.choice(np.flatnonzero(spread.open)))
        _take(spread, [first], advance)
        count -= 1
    while count > 0:
        found = _choose_some(spread, count, near)
        if not found:
            return
        _take(spread, found, advance)
        count -= len(found)


def _take(spread: Spread, found: list[int], advance: Callable[[int], None]) -> None:
    before = len(spread.chosen)
    spread.chosen += found
    spread.open[found] = False
    spread._compare(np.array(found), before)
    advance(len(found))


def _choose_some(spread: Spread, count: int, near: float) -> list[int]:
    """Return the next choices, as many as can be told from the farthest texts alone."""
    free = np.where(spread.open, spread.cosine, _TAKEN)
    pool, bound = np.arange(len(free)), _TAKEN
    if len(free) > POOL:
        order = np.argpartition(free, POOL)
        # In the order of the file, whose first text is taken of equal ones.
        pool, bound = np.sort(order[:POOL]), free[order[POOL]]
    vectors, cosine, found = spread.vectors[pool], free[pool], list[int]()
    while len(found) < count:
        place = int(cosine.argmin())
        least = cosine[place]
        if least >= near or (least > bound and found):
            break
        spread.ties += int(np.count_nonzero(cosine <= least + _SAME) > 1)
        found.append(int(pool[place]))
        cosine = np.maximum(cosine, vectors @ vectors[place])
        cosine[place] = _TAKEN
    return found
