"""One matrix as the product of two, with the least error for the inputs that it gets."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Factors(NamedTuple):
    """A matrix split at its full rank; the first `k` columns and rows are the best of rank `k`.

    Attributes:
        left: `[inputs, rank]`.
        right: `[rank, outputs]`.
        energies: How much of the squared outputs each of them brings, the largest first: the
            error of rank `k` is the sum of `energies[k:]`.
    """

    left: np.ndarray
    right: np.ndarray
    energies: np.ndarray


def split_matrix(matrix: np.ndarray, moments: np.ndarray) -> Factors:
    """Split a matrix `W` so that the mean of `||x W - x A B||^2` is least at every rank.

    With `S = E[x'x]` it is `||S^(1/2) (W - A B)||^2`, which the singular value decomposition
    `S^(1/2) W = U D V'` answers: `B = V'` and `A = W V`. So no root has to be inverted, which
    inputs of which some always agree would not allow.

    Chen et al. 2021 (DRONE: Data-aware Low-rank Compression for Large NLP Models), NeurIPS,
    theorem 1.

    Args:
        matrix: `W`, `[inputs, outputs]`.
        moments: `S`, `[inputs, inputs]`, or its diagonal alone, `[inputs]`.

    >>> factors = split_matrix(np.array([[3.0, 0.0], [0.0, 2.0]]), np.array([1.0, 4.0]))
    >>> factors.energies.tolist()
    [16.0, 9.0]
    """
    matrix, moments = matrix.astype("float64"), np.asarray(moments, "float64")
    if matrix.shape[0] >= matrix.shape[1]:
        # V and D^2 of the smaller square W'S W: in float64 they are exact enough.
        weighted = moments[:, None] * matrix if moments.ndim == 1 else moments @ matrix
        energies, directions = np.linalg.eigh(matrix.T @ weighted)
        energies, directions = np.maximum(energies[::-1], 0.0), directions[:, ::-1]
    else:
        _, values, rows = np.linalg.svd(_root(moments) @ matrix, full_matrices=False)
        energies, directions = np.square(values), rows.T
    left = matrix @ directions
    # Both factors get weights of one size, which a training moves at one pace.
    scale = np.sqrt(np.maximum(np.linalg.norm(left, axis=0), np.finfo("float32").tiny))
    return Factors(left / scale, directions.T * scale[:, None], energies)


def _root(moments: np.ndarray) -> np.ndarray:
    """Return some `R` with `R'R` the moments."""
    if moments.ndim == 1:
        return np.diag(np.sqrt(moments))
    values, vectors = np.linalg.eigh(moments)
    return np.sqrt(np.maximum(values, 0.0))[:, None] * vectors.T
