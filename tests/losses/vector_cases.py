"""Every loss on vectors of texts, for the battery in `test_vectors.py`.

The references are written in NumPy from the papers' equations: the loss of each example, given
`[batch, width]` of both sides, the labels and the projection.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tfkd.losses import DistillationLoss, SimilarityDistribution, VectorError


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
