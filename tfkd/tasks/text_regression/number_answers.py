"""What text regression answers: a number."""

from __future__ import annotations

from typing import NamedTuple


class Estimate(NamedTuple):
    """The number that a model gives a text, and the standard deviation of the training numbers."""

    value: float
    spread: float = 1.0
