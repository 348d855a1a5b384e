"""Successive halving: every candidate gets a share of the texts, and the best ones get more.

A candidate goes on as soon as it is in the best third of those that came as far, without waiting
for others (ASHA, Li et al. 2020), so that several processes work on one search.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

KEPT = 3
"""One of so many candidates goes on."""
FEWEST = 1_000
"""Texts below which a share says too little of a candidate."""
_SHARES = (1 / 9, 1 / 3, 1.0)


def choose_shares(texts: int) -> tuple[float, ...]:
    """Return the shares of the texts that a candidate is trained on, one after the other.

    Args:
        texts: The number of all texts to learn from.

    >>> choose_shares(25_000)[-1], len(choose_shares(25_000)), choose_shares(2_000)
    (1.0, 3, (1.0,))
    """
    return tuple(share for share in _SHARES if share == 1 or share * texts >= FEWEST)


def goes_on(score: float, others: Iterable[float], *, higher_is_better: bool) -> bool:
    """Return whether a candidate is in the best third of those that came as far.

    One that only ties with others has to be among the best third with all of them before it: where
    all score the same, few go on.

    Args:
        score: Of the candidate.
        others: Of the others, on the same share of the texts.
        higher_is_better: Whether the greatest score is the best one.

    >>> goes_on(0.8, [0.9, 0.7, 0.6, 0.5, 0.4], higher_is_better=True)
    True
    """
    known = list(others)
    sign = 1 if higher_is_better else -1
    better = sum(sign * other >= sign * score for other in known)
    return better < max(1, (len(known) + 1) // KEPT)


def count_trainings(trials: int, shares: Sequence[float]) -> float:
    """Return how many trainings on all texts the trials of a search are worth, about.

    >>> round(count_trainings(40, (1 / 9, 1 / 3, 1.0)), 1), count_trainings(40, (1.0,))
    (13.3, 40.0)
    """
    return sum(trials * share / KEPT**place for place, share in enumerate(shares))
