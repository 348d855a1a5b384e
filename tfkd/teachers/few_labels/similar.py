"""`similar:ENCODER`: how near the vector of a text is to those of what the classes mean."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from .few_labels import FewLabels, share_of_classes
from .temperature import fit_factor
from .vector_classes import unit_vectors

FACTOR, BOUNDS, MOST = 20.0, (1.0, 100.0), 1_000
"""The factor of a cosine without labels, its bounds, and labelled texts that fit it at most."""


def fit_similar(
    read: Callable[[Sequence[str]], np.ndarray], few: FewLabels
) -> tuple[np.ndarray, np.ndarray, str]:
    """Return weights, bias and note of cosines with the mean vector of each class.

    Args:
        read: Returns the vectors of texts.
        few: What the classes mean, and texts with labels.
    """
    described = few.describe_classes()
    texts, ids = few.some(MOST)
    vectors = unit_vectors(read([*(line for lines in described for line in lines), *texts]))
    count = sum(map(len, described))
    shares = share_of_classes([len(lines) for lines in described])
    classes = unit_vectors(shares.T @ vectors[:count])
    factor, how = fit_factor(vectors[count:] @ classes.T, ids, bounds=BOUNDS, default=FACTOR)
    return factor * classes.T, np.zeros(len(classes)), f"cosine with descriptions, {how}"
