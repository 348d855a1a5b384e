"""Examples of what a user liked next: split in time, with candidates, and new items kept apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...data.splits import hash_text
from ...errors import UserError
from .interactions import Interactions

KNOWN, NEW = "known", "new"
"""The shelves that items are ranked on: those of the training, and those held out of it."""
_BUCKETS = 10_000


@dataclass(frozen=True)
class Histories:
    """How interactions become examples.

    Attributes:
        interactions: Who liked what.
        history: How many of the last liked items an example has.
        negatives: Candidates beside the right one in a training example.
        new_items: The share of the items that are held out of the training wholly.
        least: Likes that a user needs to be in validation and test.
        most: Training examples of one user, the last ones.

    Raises:
        UserError: Nobody has liked enough items to be tested on.
    """

    interactions: Interactions
    history: int
    negatives: int
    new_items: float
    least: int
    most: int

    def __post_init__(self) -> None:
        longest = max(map(len, self.known_likes), default=0)
        if longest < self.least:
            raise UserError(
                f"{self.interactions.origin}: no user liked {self.least} items, the longest "
                f"history has {longest}: nothing is left for a test; give more interactions, or "
                "set least and liked_from in [task_settings]."
            )

    @cached_property
    def is_new(self) -> np.ndarray:
        """Return which items are held out, `[items]`: by their texts, whatever their order."""
        share = round(self.new_items * _BUCKETS)
        items = self.interactions.items
        return np.array([hash_text(text, 0) % _BUCKETS < share for text in items], bool)

    @cached_property
    def known_likes(self) -> list[list[int]]:
        """Return what each user liked of the items that are not held out, the oldest first."""
        new = self.is_new
        return [[item for item in likes if not new[item]] for likes in self.interactions.likes]

    def describe(self) -> str:
        """Return how many users and items there are, and how many are kept apart."""
        likes = self.known_likes
        asked = sum(len(each) >= self.least for each in likes)
        return (
            f"{len(likes):,} users, of whom {asked:,} liked {self.least} items or more and are "
            f"asked; {len(self.is_new):,} items, of which {int(self.is_new.sum()):,} are new"
        )

    def training_likes(self) -> list[list[int]]:
        """Return what each user liked, without what validation and test ask for."""
        return [likes[:-2] if len(likes) >= self.least else likes for likes in self.known_likes]

    def train(self) -> Iterator[dict]:
        """Yield one example for each item that was liked after another one."""
        for user, before, item, listed in self._lessons:
            yield {"user": str(user), **self._texts(before, item, listed)}

    @cached_property
    def _lessons(self) -> list[tuple[int, list[int], int, list[int]]]:
        """User, history, what was liked next and all candidates, by their numbers."""
        rng = np.random.default_rng(0)
        shelf = np.flatnonzero(~self.is_new)
        histories = self.training_likes()
        liked = np.bincount([i for each in histories for i in each], minlength=len(self.is_new))
        summed = np.cumsum(liked[shelf]) / liked.sum()
        lessons = []
        for user, likes in enumerate(histories):
            own = set(likes)
            for place in range(max(1, len(likes) - self.most), len(likes)):
                listed = self._draw(rng, shelf, summed, own)
                # A fixed place would be learnt in place of the item.
                listed.insert(int(rng.integers(len(listed) + 1)), likes[place])
                before = likes[max(0, place - self.history) : place]
                lessons.append((user, before, likes[place], listed))
        return lessons

    def _draw(
        self, rng: np.random.Generator, shelf: np.ndarray, summed: np.ndarray, own: set[int]
    ) -> list[int]:
        """Draw candidates that a user did not like: half of them as often as others like them.

        Args:
            rng: Draws them.
            shelf: The items that are known.
            summed: How often each of these was liked, or one before it, as a share.
            own: What the user liked.
        """
        places = np.searchsorted(summed[:-1], rng.random(2 * self.negatives), side="right")
        often = shelf[places].tolist()
        drawn = [item for item in dict.fromkeys(often) if item not in own][: self.negatives // 2]
        if len(shelf) - len(own) < 2 * self.negatives:
            # So few others that drawing would hardly find them.
            left = [item for item in shelf.tolist() if item not in own and item not in drawn]
            more = min(self.negatives - len(drawn), len(left))
            return [*drawn, *rng.choice(left, more, replace=False).tolist()] if left else drawn
        while len(drawn) < self.negatives:
            item = int(shelf[rng.integers(len(shelf))])
            if item not in own and item not in drawn:
                drawn.append(item)
        return drawn

    def validation(self) -> Iterator[dict]:
        """Yield for each user with a long enough history the last item but one."""
        yield from self._asked(-2)

    def test(self) -> Iterator[dict]:
        """Yield each user's last item, then the last new item that others came before."""
        yield from self._asked(-1)
        new = self.is_new
        asked = []
        for likes in self.interactions.likes:
            places = [place for place, item in enumerate(likes) if new[item]]
            before = [item for item in likes[: places[-1]] if not new[item]] if places else []
            if before:
                asked.append((before, likes[places[-1]]))
        yield from self._with_shelf(asked, np.flatnonzero(new), NEW)

    def _asked(self, place: int) -> Iterator[dict]:
        asked = [
            (likes[:place], likes[place]) for likes in self.known_likes if len(likes) >= self.least
        ]
        yield from self._with_shelf(asked, np.flatnonzero(~self.is_new), KNOWN)

    def _with_shelf(
        self, asked: Sequence[tuple[list[int], int]], shelf: np.ndarray, name: str
    ) -> Iterator[dict]:
        """Yield examples that together mention all items of a shelf, each a part of them."""
        for number, (before, item) in enumerate(asked):
            part = shelf[number :: len(asked)].tolist()
            listed = part if item in part else [*part, item]
            texts = self._texts(before[-self.history :], item, listed)
            seen = tuple(self.interactions.items[each] for each in before)
            yield {**texts, "seen": seen, "shelf": name}

    def _texts(self, liked: Sequence[int], item: int, listed: Sequence[int]) -> dict:
        texts = self.interactions.items
        return {
            "liked": tuple(texts[each] for each in liked),
            "label": texts[item],
            "candidates": tuple(texts[each] for each in listed),
        }
