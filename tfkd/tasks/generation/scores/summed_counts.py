"""SummedCounts of each text whose sums give the score of all, so that a bootstrap only adds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class SummedCounts:
    """What a score of many texts is made of.

    Attributes:
        by_text: The counts of each text, `[texts, counts]`.
        to_score: From sums of counts to a score from 0 to 1.
    """

    by_text: np.ndarray
    to_score: Callable[[np.ndarray], float]

    def score(self, rows: np.ndarray | None = None) -> float:
        """Return the score of some texts together, or of all.

        Args:
            rows: Their positions; one may be there several times.
        """
        chosen = self.by_text if rows is None else self.by_text[rows]
        return self.to_score(chosen.sum(axis=0))


def check_references(written: Sequence[str], references: Sequence[Sequence[str]]) -> None:
    """Refuse references that do not belong to the texts.

    Raises:
        ValueError: None at all, another number of them, or a text without one.
    """
    if len(written) != len(references):
        raise ValueError(f"{len(written)} texts and {len(references)} references: give one each.")
    if not len(written) or not all(references):
        raise ValueError("each text needs a list of references, and there must be a text.")
    if any(isinstance(each, str) for each in references):
        raise ValueError('references are lists of texts: write [["a text"]] for ["a text"].')
