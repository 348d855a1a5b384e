"""How well confidence tells what to answer from what to refuse: pure functions of NumPy arrays."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..errors import UserError


class Coverage(NamedTuple):
    """What is answered where a share of the answers has to be right.

    Attributes:
        share: The share that is answered, from 0 to 1.
        threshold: The least confidence that is answered; infinite where nothing is.
        accuracy: The share of the answered that is right; NaN where nothing is answered.
    """

    share: float
    threshold: float
    accuracy: float


def auroc(scores: np.ndarray, positive: np.ndarray) -> float:
    """Return the area under the ROC curve: how often a positive scores above a negative.

    Equal scores count a half (Mann and Whitney's U, divided by the number of pairs).

    Args:
        scores: A number an example, such as `1 - confidence`.
        positive: Whether an example is one to be found, such as an unknown question.

    Raises:
        UserError: Numbers that are none, or examples that are all of one kind.

    >>> auroc([0.9, 0.8, 0.3, 0.3], [True, True, True, False])
    0.8333333333333334
    """
    scores, positive = _pair(scores, positive)
    count = int(positive.sum())
    if count in (0, len(positive)):
        raise UserError(
            f"{count} of {len(positive)} examples are positive: give some of both kinds."
        )
    _, places, sizes = np.unique(scores, return_inverse=True, return_counts=True)
    # The mean rank of equal scores, from 1.
    ranks = (np.cumsum(sizes) - (sizes - 1) / 2)[places]
    return float((ranks[positive].sum() - count * (count + 1) / 2) / count / (len(scores) - count))


def coverage_at(accuracy: float, confidence: np.ndarray, right: np.ndarray) -> Coverage:
    """Return how much can be answered if this share of the answers has to be right.

    All answers of one confidence are given, or none of them.

    Args:
        accuracy: The share of the answered that has to be right, such as 0.95.
        confidence: A number an example.
        right: Whether the answer to it is right.

    Raises:
        UserError: Numbers that are none, or an accuracy that is no share.

    >>> coverage_at(0.75, [0.9, 0.8, 0.7, 0.6, 0.5], [True, True, False, True, False])
    Coverage(share=0.8, threshold=0.6, accuracy=0.75)
    """
    if not 0 < accuracy <= 1:
        raise UserError(f"the accuracy is {accuracy}: write a share above 0 and up to 1.")
    confidence, right = _pair(confidence, right)
    order = np.argsort(-confidence, kind="stable")
    ranked = confidence[order]
    shares_right = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    last_of_equal = np.append(ranked[1:] != ranked[:-1], True)
    enough = np.flatnonzero(last_of_equal & (shares_right >= accuracy))
    if not len(enough):
        return Coverage(0.0, float("inf"), float("nan"))
    last = enough[-1]
    return Coverage(float((last + 1) / len(order)), float(ranked[last]), float(shares_right[last]))


def answered_above(threshold: float, confidence: np.ndarray, right: np.ndarray) -> Coverage:
    """Return what is answered, and how well, at a threshold that other examples have chosen.

    Args:
        threshold: The least confidence that is answered.
        confidence: A number an example.
        right: Whether the answer to it is right.

    Raises:
        UserError: Numbers that are none.

    >>> answered_above(0.7, [0.9, 0.8, 0.1, 0.2], [True, False, True, True])
    Coverage(share=0.5, threshold=0.7, accuracy=0.5)
    """
    confidence, right = _pair(confidence, right)
    answered = confidence >= threshold
    accuracy = float(right[answered].mean()) if answered.any() else float("nan")
    return Coverage(float(answered.mean()), threshold, accuracy)


def _pair(numbers: np.ndarray, flags: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    numbers, flags = np.asarray(numbers, "float64"), np.asarray(flags, bool)
    if numbers.ndim != 1 or numbers.shape != flags.shape or not len(numbers):
        raise UserError(
            f"{numbers.shape} numbers and {flags.shape} flags came: give one of each an example."
        )
    if np.isnan(numbers).any():
        raise UserError(f"number {int(np.isnan(numbers).argmax())} is NaN: give numbers.")
    return numbers, flags
