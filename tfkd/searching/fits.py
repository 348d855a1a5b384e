"""What a candidate's file takes, measured before anything is trained."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..errors import UserError
from ..running.config import RunConfig
from .budget import Budget, Measured
from .space import Space

Measure = Callable[[RunConfig], Measured]


@dataclass(frozen=True)
class Ground:
    """What candidates of one data set have in common: texts to time, vocabularies once learnt.

    Attributes:
        config: The settings of the default.
        folder: Where vocabularies are kept, for all processes of a study.
    """

    config: RunConfig
    folder: Path

    @classmethod
    def open(cls, config: RunConfig, folder: Path) -> Ground:
        """Open the data of a search.

        Args:
            config: The settings of the default.
            folder: Where vocabularies are kept.
        """
        return cls(config, folder)


def measure_untrained(config: RunConfig, ground: Ground) -> Measured:
    """Build the student of a candidate, export it untrained, and measure its file.

    Args:
        config: The settings of the candidate.
        ground: What it has in common with others.

    Raises:
        UserError: A candidate that cannot be built or exported: none that can be trained.
    """
    raise UserError("not measured yet.")


def smallest(space: Space, budget: Budget, measure: Measure) -> str:
    """Return why no candidate fits, in a sentence; empty where the smallest one does.

    Args:
        space: What a candidate may be.
        budget: What it may take.
        measure: Measures a candidate, see `measure_untrained`.
    """
    return ""
