"""Choose what is cut: a share of each layer, or one budget shared out by score."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from .families import Prunable, WeightTally


def share_of(share: float, count: int) -> int:
    """Return how many of some are the share that is cut, the nearest number; one always stays.

    >>> share_of(0.5, 12), share_of(0.5, 3), share_of(0.9, 2)
    (6, 1, 1)
    """
    return min(math.ceil(share * count - 0.5 - 1e-9), count - 1)


def cut_shares(
    tally: WeightTally,
    families: Sequence[Prunable],
    shares: Mapping[str, float],
    scores: np.ndarray,
) -> None:
    """Cut the sets of the lowest scores in each layer.

    Args:
        tally: Where they are cut.
        families: The layers.
        shares: How much of each, by kind.
        scores: Of each set, by its number.
    """
    for family in families:
        wanted = share_of(shares.get(family.kind, 0.0), len(family.sets))
        for root in sorted(family.sets, key=lambda root: scores[root]):
            if wanted > 0 and tally.remove(root):
                wanted -= 1


def cut_budget(
    tally: WeightTally, families: Sequence[Prunable], share: float, scores: np.ndarray
) -> bool:
    """Cut a share of the weights, those sets first that free the most weights for their score.

    Args:
        tally: Where sets are cut.
        families: The layers, which count alike: the scores of each are divided by their l2 norm,
            as in Michel et al. 2019, and by the root of their number, since a layer has few heads
            and many units.
        share: Of the weights that can become fewer.
        scores: Of each set, by its number.

    Returns:
        Whether that much could be cut.
    """
    costs: dict[int, float] = {}
    for family in families:
        own = scores[list(family.sets)]
        norm = float(np.sqrt(np.sum(own**2)) * math.sqrt(len(own))) or 1.0
        pairs = zip(family.sets, own.tolist(), strict=True)
        costs.update({root: score / norm / max(tally.freed(root), 1) for root, score in pairs})
    goal = tally.total * (1 - share)
    left = tally.weights
    for root in sorted(costs, key=lambda root: costs[root]):
        if left <= goal:
            break
        freed = tally.freed(root)
        left -= freed if tally.remove(root) else 0
    return left <= goal
