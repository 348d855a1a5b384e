"""A threshold of confidence with a guarantee: above it, few answers are wrong. Pure, with NumPy.

The thresholds and their order are fixed before the texts are seen, on others.
Each is tested by the exact binomial bound (Clopper and Pearson 1934), the strictest first, and the
first failure ends it: a fixed sequence needs no correction for many tests (Angelopoulos et al.
2021, arXiv:2110.01052; Geifman and El-Yaniv 2017, arXiv:1705.08500).
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import UserError

LEVEL = 0.95
"""How sure a bound is: 95 of 100 draws of texts keep it."""
STEPS = 100
"""Thresholds that are tested at most."""
_SPARE = 1.3
"""Texts that should pass the strictest threshold, as a multiple of those that are needed."""


@dataclass(frozen=True)
class Certificate:
    """What came of the tests, for one share of wrong answers.

    Attributes:
        risk: The greatest share of the answered that may be wrong.
        threshold: The least confidence that is answered; `None` where no threshold passed.
        texts: Held-out texts.
        answered: Those with at least this confidence; of the strictest where none passed.
        wrong: The answered whose answer is wrong.
        bound: What the share of wrong answers is at most, with 95 % confidence.
    """

    risk: float
    threshold: float | None
    texts: int
    answered: int
    wrong: int
    bound: float

    @property
    def share(self) -> float:
        """The share of the texts that is answered, 0 without a threshold."""
        return 0.0 if self.threshold is None else self.answered / self.texts

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON, with the share."""
        return {**dataclasses.asdict(self), "share": self.share}


def upper_bound(wrong: int, count: int, level: float = LEVEL) -> float:
    """Return what a share is at most, with this confidence, given so many of a count.

    The one-sided bound of Clopper and Pearson, from the binomial distribution itself.

    >>> round(upper_bound(0, 149), 5), upper_bound(2, 2)
    (0.0199, 1.0)
    """
    if wrong >= count:
        return 1.0
    low, high = wrong / count, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _tail(wrong, count, middle) > 1 - level else (low, middle)
    return high


def count_texts_needed(risk: float, wrong: int = 0, level: float = LEVEL) -> int:
    """Return how many answers, so many of them wrong, are enough for this risk.

    >>> count_texts_needed(0.02), count_texts_needed(0.02, wrong=3)
    (149, 386)
    """
    low, high = wrong, wrong + 1
    while _tail(wrong, high, risk) > 1 - level:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _tail(wrong, middle, risk) > 1 - level else (low, middle)
    return high


def choose_thresholds(
    confidence: np.ndarray, wrong: np.ndarray, *, count: int, risk: float
) -> np.ndarray:
    """Return the thresholds to test, the strictest first, and last 0, which answers everything.

    They are chosen on other texts than those of the test, so that they are fixed before it. The
    strictest is the one for which these texts promise most: a stricter one is passed by too few
    texts to prove anything, and its failure would end the test (Angelopoulos et al. 2021, 4.2).

    Args:
        confidence: That in answers to other texts, such as the validation texts.
        wrong: Whether each of these answers is wrong.
        count: The number of held-out texts.
        risk: The greatest share of the answered that may be wrong.

    >>> confidence, wrong = np.linspace(1, 0, 500), np.arange(500) > 300
    >>> choose_thresholds(confidence, wrong, count=1_000, risk=0.02)[[0, -1]].round(2).tolist()
    [0.4, 0.0]
    """
    known = np.isfinite(confidence)
    order = np.argsort(-confidence[known], kind="stable")
    ranked, errors = confidence[known][order], np.cumsum(wrong[known][order])
    if not len(ranked):
        return np.array([0.0])
    least = min(1.0, _SPARE * count_texts_needed(risk) / count)
    places = np.ceil(np.linspace(least, 1.0, STEPS) * len(ranked)).astype(int) - 1
    thresholds = np.unique(ranked[places])[::-1]
    # Equal confidences are answered together.
    passed = np.searchsorted(-ranked, -thresholds, side="right")
    rate = (errors[passed - 1] + 1) / (passed + 2)
    promise = (risk - rate) * np.sqrt(passed / (rate * (1 - rate)))
    return np.append(thresholds[np.argmax(promise) :], 0.0)


def certify_threshold(
    confidence: np.ndarray, wrong: np.ndarray, thresholds: np.ndarray, risk: float
) -> Certificate:
    """Return the lowest threshold that passes, from the strictest on until the first failure.

    Args:
        confidence: That in the answers to the held-out texts; one that is NaN is never answered.
        wrong: Whether each of these answers is wrong.
        thresholds: What is tested, falling; chosen without these texts.
        risk: The greatest share of the answered that may be wrong.

    Raises:
        UserError: A risk that is no share, or arrays that do not go together.
    """
    check_risk(risk)
    confidence, wrong = np.asarray(confidence, "float64"), np.asarray(wrong, bool)
    if confidence.shape != wrong.shape or confidence.ndim != 1:
        raise UserError(
            f"confidence {confidence.shape} and wrong {wrong.shape}: give one of each a text."
        )
    last, passed = None, None
    for threshold in thresholds:
        answered = confidence >= threshold
        last = float(threshold), int(answered.sum()), int(wrong[answered].sum())
        if _tail(last[2], last[1], risk) > 1 - LEVEL:
            break
        passed = last
    # Where none passed, what the strictest one came to tells why.
    threshold, count, errors = passed or last or (0.0, 0, 0)
    bound = upper_bound(errors, count)
    return Certificate(risk, threshold if passed else None, len(wrong), count, errors, bound)


def check_risk(risk: float) -> None:
    """Refuse a risk that is no share.

    Raises:
        UserError: Not above 0, or not below 1.
    """
    if not 0 < risk < 1:
        raise UserError(
            f"the risk is {100 * risk:g} %: write how many of 100 answers may be wrong, above 0 "
            "and below 100."
        )


def _tail(wrong: int, count: int, share: float) -> float:
    """Return how likely at most so many of a count are, each with this probability."""
    if wrong >= count or share <= 0:
        return 1.0
    if share >= 1:
        return 0.0
    steps = np.arange(1, wrong + 1)
    ways = np.concatenate([[0.0], np.cumsum(np.log((count - steps + 1) / steps))])
    number = np.arange(wrong + 1)
    logs = ways + number * math.log(share) + (count - number) * math.log1p(-share)
    return float(np.exp(logs).sum())
