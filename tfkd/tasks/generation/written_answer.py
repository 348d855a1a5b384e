"""What a task that writes answers: a text, and how likely it is to the model."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ...text.decoding import Hypothesis
from .scores.chrf import sentence_chrf


@dataclass(frozen=True)
class Written:
    """A text that a model wrote; it equals any other answer with this text.

    Attributes:
        text: The text.
        score: The sum of the log-probabilities of its tokens, that of the end among them; None
            where the model does not tell.
        tokens: How many these are; 0 where that is not known.
        surprise: The negative log-probability of what was wanted, in nats, and how many tokens
            that has; None where it was not asked for.

    >>> Written("a cat", -1.0, 2) == Written("a cat", -2.0, 3)
    True
    >>> round(Written("a cat", -1.0, 2).confidence, 4)
    0.6065
    """

    text: str
    score: float | None = field(default=None, compare=False)
    tokens: int = field(default=0, compare=False)
    surprise: tuple[float, int] | None = field(default=None, compare=False, repr=False)

    @property
    def confidence(self) -> float | None:
        """The geometric mean of the probabilities of its tokens; None where it is not known."""
        if self.score is None or not self.tokens:
            return None
        return math.exp(min(0.0, self.score / self.tokens))


def count_tokens(written: Hypothesis) -> int:
    """Return how many tokens a text's score is of; 0 where that is not known.

    >>> count_tokens(Hypothesis((7, 8), "a cat")), count_tokens(Hypothesis((), "a cat"))
    (3, 0)
    """
    if written.text and not written.ids:
        # Of a text that was stored, or that a function wrote.
        return 0
    return len(written.ids) + written.finished


def alike(answers: Sequence[Written], others: Sequence[Written]) -> np.ndarray:
    """Return how alike the texts of two models are, `[examples]`: 1 of equal ones, else chrF.

    >>> alike([Written(""), Written("a cat")], [Written(""), Written("Hund")]).tolist()
    [1.0, 0.0]
    """
    pairs = zip(answers, others, strict=True)
    shares = (1.0 if a.text == b.text else sentence_chrf(a.text, [b.text]) for a, b in pairs)
    return np.fromiter(shares, "float64")
