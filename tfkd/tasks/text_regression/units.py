"""Whether a teacher's numbers are in the units of the data."""

from __future__ import annotations

import numpy as np

from ...errors import UserError
from .number_scores import correlation

FEWEST = 20
RELATED, OFF, WIDTH = 0.3, 1.5, 3.0
"""Correlation from which a teacher knows something; standard deviations by which its mean may be
off, and how many times as wide its numbers may be."""


def check_units(values: np.ndarray, truth: np.ndarray) -> None:
    """Refuse numbers that go with the right ones, on another scale.

    Args:
        values: A teacher's numbers, `[examples]`.
        truth: The right ones.

    Raises:
        UserError: They are, so that a student of both would learn neither.

    >>> check_units(np.arange(30.0) + 2, np.arange(30.0))
    """
    if len(truth) < FEWEST or correlation(values, truth) < RELATED:
        return
    off = abs(values.mean() - truth.mean()) / truth.std()
    width = values.std() / truth.std()
    if off > OFF or width > WIDTH:
        raise UserError(
            f"the teacher's numbers are on another scale than the data's: on {len(truth)} texts "
            f"{values.mean():.4g} ± {values.std():.4g}, where the labels are {truth.mean():.4g} ± "
            f"{truth.std():.4g}. Train it on these numbers, or write the labels as it does."
        )
