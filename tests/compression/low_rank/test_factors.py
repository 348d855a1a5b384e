"""A matrix as the product of two, beside the best that a search finds."""

import numpy as np
import pytest

from tfkd.compression.low_rank.factors import split_matrix

RNG = np.random.default_rng(0)


def error(matrix, product, moments):
    """The mean of the squared outputs' differences."""
    lost = matrix - product
    return np.einsum("io,ij,jo->", lost, moments, lost)


def searched(matrix, moments, rank, rounds=300):
    """The least error that alternating least squares finds: each side in turn at its best."""
    best = np.inf
    for seed in range(3):
        right = np.random.default_rng(seed).normal(size=(rank, matrix.shape[1]))
        for _ in range(rounds):
            left = matrix @ right.T @ np.linalg.inv(right @ right.T)
            right = np.linalg.solve(left.T @ moments @ left, left.T @ moments @ matrix)
        best = min(best, error(matrix, left @ right, moments))
    return best


@pytest.mark.parametrize("shape", [(6, 4), (4, 6)])
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_no_search_finds_a_smaller_error(shape, rank):
    matrix = RNG.normal(size=shape)
    inputs = RNG.normal(size=(50, shape[0])) * np.arange(1, shape[0] + 1)
    moments = inputs.T @ inputs / 50
    factors = split_matrix(matrix, moments)
    found = error(matrix, factors.left[:, :rank] @ factors.right[:rank], moments)
    assert found == pytest.approx(factors.energies[rank:].sum())
    assert found == pytest.approx(searched(matrix, moments, rank), rel=1e-6)


def test_a_matrix_of_rank_1_with_small_noise_by_hand():
    # Inputs of which the first is 10 times the second: its row counts, its noise does not.
    matrix = np.array([[1.0, 1.0], [0.0, 0.1]])
    factors = split_matrix(matrix, np.array([100.0, 1.0]))
    # The square [[100, 100], [100, 100.01]] has the eigenvalues 100.005 +- sqrt(100^2 + 0.005^2).
    root = np.sqrt(1e4 + 0.005**2)
    np.testing.assert_allclose(factors.energies, [100.005 + root, 100.005 - root], atol=1e-9)
    first = factors.left[:, :1] @ factors.right[:1]
    np.testing.assert_allclose(first, [[1, 1], [0.05, 0.05]], atol=1e-4)


@pytest.mark.parametrize("shape", [(5, 3), (3, 5), (4, 4)])
def test_all_ranks_are_the_matrix(shape):
    matrix = RNG.normal(size=shape)
    inputs = RNG.normal(size=(50, shape[0]))
    factors = split_matrix(matrix, inputs.T @ inputs)
    np.testing.assert_allclose(factors.left @ factors.right, matrix, atol=1e-9)
    np.testing.assert_allclose(
        np.linalg.norm(factors.left, axis=0), np.linalg.norm(factors.right, axis=1)
    )


def test_a_diagonal_is_a_matrix_of_it():
    matrix, squares = RNG.normal(size=(5, 3)), RNG.random(5)
    short, long = split_matrix(matrix, squares), split_matrix(matrix, np.diag(squares))
    np.testing.assert_allclose(short.energies, long.energies)


def test_a_matrix_of_zeros_stays_one():
    factors = split_matrix(np.zeros((4, 3)), np.ones(4))
    assert not (factors.left @ factors.right).any()
