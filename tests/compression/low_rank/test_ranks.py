"""Ranks that share one budget."""

import itertools

import numpy as np
import pytest

from tfkd.compression.low_rank.ranks import choose_ranks, count_weights, largest_rank

STEEP = 4.0 ** -np.arange(8)
FLAT = np.ones(8)
SHAPES = [(8, 12), (8, 8), (20, 8)]


def kept(ranks, energies):
    return sum(np.log(e[:r].sum() / e.sum()) for r, e in zip(ranks, energies, strict=True))


def spent(ranks):
    return sum(count_weights(*each) for each in zip(SHAPES, ranks, strict=True))


def best(energies, budget):
    """The most that any ranks within the budget keep."""
    options = [[*range(1, largest_rank(shape) + 1), None] for shape in SHAPES]
    return max(
        kept(ranks, energies) for ranks in itertools.product(*options) if spent(ranks) <= budget
    )


@pytest.mark.parametrize("share", [0.2, 0.5, 0.7])
def test_ranks_keep_about_as_much_as_the_best_of_all_choices(share):
    energies = [STEEP, FLAT, STEEP**0.5]
    budget = int((1 - share) * sum(count_weights(shape, None) for shape in SHAPES))
    ranks = choose_ranks(SHAPES, energies, budget)
    assert spent(ranks) <= budget
    assert kept(ranks, energies) >= 1.1 * best(energies, budget) - 0.01


def test_a_budget_of_all_leaves_all_whole():
    whole = sum(count_weights(shape, None) for shape in SHAPES)
    assert choose_ranks(SHAPES, [FLAT] * 3, whole) == [None] * 3


def test_no_layer_that_is_split_is_larger_than_before():
    for budget in range(60, 320, 20):
        for shape, rank in zip(SHAPES, choose_ranks(SHAPES, [FLAT] * 3, budget), strict=True):
            assert count_weights(shape, rank) <= count_weights(shape, None)


def test_steep_matrices_get_fewer_ranks_than_flat_ones():
    first, second = choose_ranks([(8, 12), (8, 12)], [STEEP, FLAT], 100)
    assert first < second


def test_layers_without_any_outputs_get_ranks_too():
    assert choose_ranks([(8, 12)], [np.zeros(8)], 60) == [3]
