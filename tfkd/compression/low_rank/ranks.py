"""How many ranks each matrix keeps, when all of them share one budget of weights."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

# Rows and columns of a matrix.
Shape = tuple[int, int]
_LEAST = 1e-30


def count_weights(shape: Shape, rank: int | None) -> int:
    """Return the weights of a matrix that is split at a rank; None leaves it whole.

    >>> count_weights((10, 20), 3), count_weights((10, 20), None)
    (90, 200)
    """
    return shape[0] * shape[1] if rank is None else rank * (shape[0] + shape[1])


def largest_rank(shape: Shape) -> int:
    """Return the largest rank at which the two factors have fewer weights than the matrix.

    >>> largest_rank((768, 768)), largest_rank((768, 3072)), largest_rank((20_000, 1))
    (383, 614, 0)
    """
    return (shape[0] * shape[1] - 1) // (shape[0] + shape[1])


def choose_ranks(
    shapes: Sequence[Shape], energies: Sequence[np.ndarray], budget: int
) -> list[int | None]:
    """Share weights out among matrices: the rank of each, None for one that stays whole.

    Each starts at rank 1. Then again and again the step is taken that brings most for a weight:
    the next singular value of some matrix, or all that it lacks, since beyond `largest_rank` the
    whole is smaller than its factors. What a step brings is the growth of the logarithm of the
    share of the outputs that a matrix keeps: near 1 that is the relative error, and a matrix
    that loses almost all of its outputs would break what follows it.

    Args:
        shapes: Rows and columns of each, with a `largest_rank` of 1 or more.
        energies: What each singular value brings, see `Factors`.
        budget: The weights to have at most, enough for rank 1 everywhere.

    >>> steep, flat = np.array([9.0, 0.1, 0.1, 0.1]), np.array([1.0, 1.0, 1.0, 1.0])
    >>> choose_ranks([(4, 8), (4, 8)], [steep, flat], 48)
    [1, None]
    """
    shares = [each / max(each.sum(), _LEAST) for each in energies]
    ranks: list[int | None] = [1] * len(shapes)
    spare = budget - sum(count_weights(shape, 1) for shape in shapes)
    steps = [_steps(*each) for each in zip(shapes, shares, [1] * len(shapes), strict=True)]
    while True:
        fitting = [
            (gain / cost, -index, rank, cost)
            for index, own in enumerate(steps)
            for gain, cost, rank in own
            if cost <= spare
        ]
        if not fitting:
            return ranks
        _, minus, rank, cost = max(fitting, key=lambda step: step[:2])
        ranks[-minus], spare = rank, spare - cost
        steps[-minus] = [] if rank is None else _steps(shapes[-minus], shares[-minus], rank)


def _steps(shape: Shape, shares: np.ndarray, rank: int) -> list[tuple[float, int, int | None]]:
    """Return what can be given to a matrix: the gain, its weights and the rank afterwards."""
    kept = max(float(shares[:rank].sum()), _LEAST)
    now = count_weights(shape, rank)
    steps: list[tuple[float, int, int | None]] = [
        (-float(np.log(min(kept, 1.0))), count_weights(shape, None) - now, None)
    ]
    if rank < largest_rank(shape):
        gain = float(np.log1p(shares[rank] / kept))
        steps.append((gain, count_weights(shape, 1), rank + 1))
    return steps
