"""How likely each letter was, read off the likeliest tokens that a server tells."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

_AROUND = " \t\n▁Ġ.:)(*\"'"
_LEAST = 1e-6
"""The probability of a letter, at least."""


@dataclass(frozen=True)
class LetterChances:
    """A distribution over the letters of a question.

    Attributes:
        chances: The probability of each letter, which add up to 1.
        outside: The probability of all tokens that are no letter of the question.
    """

    chances: tuple[float, ...]
    outside: float


def read_chances(told: Sequence[Mapping[str, object]], letters: str) -> LetterChances | None:
    """Return the distribution over letters; None where no token is one of them.

    A letter that is not told is less likely than each token that is: it gets half of the least of
    them, or of what all tokens together leave.

    Args:
        told: The likeliest tokens of the first place, each with `token` and `logprob`.
        letters: Those that may be answered.

    >>> told = [{"token": "A", "logprob": -0.2231435}, {"token": " B", "logprob": -1.8971200}]
    >>> read_chances(told, "AB")
    LetterChances(chances=(0.842105272, 0.157894728), outside=0.05)
    """
    found: dict[str, float] = {}
    least, total = 1.0, 0.0
    for each in told:
        chance = math.exp(min(float(each["logprob"]), 0.0))  # type: ignore[arg-type]
        least, total = min(least, chance), total + chance
        letter = str(each["token"]).strip(_AROUND)
        if len(letter) == 1 and letter in letters:
            found[letter] = found.get(letter, 0.0) + chance
    if not found:
        return None
    floor = max(min(least, max(1.0 - total, 0.0)) / 2, _LEAST)
    # None is impossible: its logarithm would say that no text is ever of the class.
    chances = np.maximum([found.get(letter, floor) for letter in letters], _LEAST)
    shares = chances / chances.sum()
    outside = max(1.0 - sum(found.values()), 0.0)
    return LetterChances(tuple(round(float(share), 9) for share in shares), round(outside, 6))


def count_votes(answers: Sequence[str], letters: str) -> LetterChances | None:
    """Return the shares of letters among answers that were drawn; None where none is a letter.

    Each letter has one vote in addition (Laplace), so that none is impossible.

    >>> count_votes(["A", "a film", "A."], "AB")
    LetterChances(chances=(0.75, 0.25), outside=0.333333)
    """
    given = [answer.strip(_AROUND)[:1] for answer in answers if len(answer.strip(_AROUND)) == 1]
    votes = [given.count(letter) for letter in letters]
    if not sum(votes):
        return None
    shares = (np.array(votes) + 1) / (sum(votes) + len(letters))
    outside = 1.0 - sum(votes) / len(answers)
    return LetterChances(tuple(round(float(share), 6) for share in shares), round(outside, 6))
