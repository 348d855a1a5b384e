"""Every loss on vectors of texts, for the battery in `test_vectors.py`.

The references are written in NumPy from the papers' equations: the loss of each example, given
`[batch, width]` of both sides, the labels and the projection.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tfkd.losses import (
    DistillationLoss,
    PairContrast,
    PairScore,
    SimilarityDistribution,
    VectorError,
)


@dataclass(frozen=True)
class Case:
    """`reference(s, t, w)` of vectors of length 1 and a matrix or None: `[batch]`."""

    name: str
    loss: DistillationLoss
    reference: Callable
    width: int = 4  # the teacher's; the student's is 4
    zero_when_equal: bool = True


def unit(x):
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


def cosine(s, t, w):
    return 1 - (unit(s if w is None else s @ w) * t).sum(-1)


def squared(s, t, w):
    return 0.5 * (((s if w is None else s @ w) - t) ** 2).sum(-1)


def distribution(temperature):
    def rows(x):
        found = []
        for i in range(len(x)):
            e = np.exp(np.array([x[i] @ x[j] for j in range(len(x)) if j != i]) / temperature)
            found.append(e / e.sum())
        return np.array(found)

    def reference(s, t, w):
        p, q = rows(t), rows(s)
        return (p * np.log(p / q)).sum(-1)

    return reference


CASES = [
    Case("cosine", VectorError(), cosine),
    Case("cosine projected", VectorError(), cosine, width=6),
    Case("squared", VectorError(error="squared"), squared),
    Case("squared projected", VectorError(error="squared"), squared, width=6),
    Case("always projected", VectorError(projection="always"), cosine, zero_when_equal=False),
    Case("distribution", SimilarityDistribution(temperature=0.5), distribution(0.5), width=6),
    Case("sharp distribution", SimilarityDistribution(), distribution(0.05)),
]


@dataclass(frozen=True)
class PairCase:
    """`reference(q, a, y)` of vectors of length 1 and scores: of each pair that counts."""

    name: str
    loss: DistillationLoss
    reference: Callable


def off_score(q, a, y):
    return ((q * a).sum(-1) - y) ** 2


def out_of_order(temperature):
    def reference(q, a, y):
        c, total = (q * a).sum(-1), 1.0
        for j in range(len(y)):
            for k in range(len(y)):
                total += np.exp((c[k] - c[j]) / temperature) if y[j] > y[k] else 0.0
        return np.full(len(y), np.log(total))

    return reference


def not_found(temperature):
    def reference(q, a, y):
        e = np.exp(q @ a.T / temperature)
        return -np.log(np.diag(e) / e.sum(-1))[y >= 0.5]

    return reference


PAIRS = [
    PairCase("score", PairScore(), off_score),
    PairCase("order", PairScore(error="ranking", temperature=0.5), out_of_order(0.5)),
    PairCase("contrast", PairContrast(temperature=0.5), not_found(0.5)),
]
