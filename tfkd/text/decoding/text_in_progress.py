"""A text that is being written, and what is left of it at the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np


@dataclass(frozen=True)
class Tokens:
    """The tokens of a text so far.

    Attributes:
        ids: Without those of start and end.
        score: The sum of the log-probabilities of all tokens, that of the end among them.
        finished: Whether the end has come.
    """

    ids: tuple[int, ...] = ()
    score: float = 0.0
    finished: bool = False

    def judged(self, length_penalty: float) -> float:
        """Return the score, divided by the number of tokens to the power of a penalty."""
        return self.score / max(1, len(self.ids) + self.finished) ** length_penalty


class TextInProgress(Protocol):
    """One text that is being written, with one or several beginnings that are followed."""

    @property
    def followed(self) -> int:
        """The number of beginnings that go on; 0 where the text is done."""

    @property
    def settled(self) -> tuple[int, ...]:
        """The tokens that the text begins with, whatever follows."""

    def advance(self, scores: np.ndarray) -> list[tuple[int, int]]:
        """Choose what comes next.

        Args:
            scores: The log-probability of each token after each beginning,
                `[followed, vocabulary]`.

        Returns:
            For each beginning that goes on, which of the earlier ones it continues, and with which
            token.
        """

    def results(self) -> list[Tokens]:
        """Return what was written, the best first."""


def count_common(texts: Sequence[Sequence[object]]) -> int:
    """Return how many items at the beginning all sequences have in common.

    Args:
        texts: At least one.

    >>> count_common(["written", "wrote"])
    2
    """
    beginnings = enumerate(zip(*texts, strict=False))
    differing = (at for at, items in beginnings if any(item != items[0] for item in items))
    return next(differing, min(map(len, texts)))
