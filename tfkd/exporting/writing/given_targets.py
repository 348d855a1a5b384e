"""Compare the logits of a file and of its student along texts that are given, batch by batch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...data import IGNORE
from ...errors import UserError
from ...text.words import count_units
from ..check_data import Checks
from ..decisions import margins
from ..gate import Difference, Figures
from ..verify import MASKED, Model

_LOGITS = "logits"
NEAR = 0.1
"""The margin of two tokens that are about equally likely to the student, e^0.1 of probabilities:
language has many such, and which of them a file holds for the likeliest says nothing."""


def compare_next_tokens(student: Model, file: Model, checks: Checks) -> Figures:
    """Return how the logits of two models differ, and how often both hold the same token likeliest.

    Two tokens that are about equally likely to the student are the same. Of examples with a target,
    the places with a label count; without any, all do. Nothing of the size of a vocabulary is kept
    longer than a batch.

    Args:
        student: What the file has to compute.
        file: What it computes.
        checks: The batches, with their rows.

    Raises:
        UserError: The student returns NaN.
    """
    sums = _Sums()
    rows = [row for rows in checks.rows for row in rows]
    learnt = any(np.any(_labels(row) != IGNORE) for row in rows)
    places = iter(checks.order)
    for feed in checks.batches:
        wanted, got = (_clipped(model(feed)[_LOGITS]) for model in (student, file))
        if np.isnan(wanted).any():
            raise UserError("the student returns NaN on the inputs to check on: train it again.")
        for at in range(len(wanted)):
            row = rows[next(places)]
            counted = _labels(row) != IGNORE if learnt else np.ones(count_units(row), bool)
            sums.add(wanted[at][: len(counted)][counted], got[at][: len(counted)][counted])
    return sums.figures(checks.count)


def _labels(row: Mapping[str, Any]) -> np.ndarray:
    """Return the label of each place of a row, none where it has no labels."""
    return np.asarray(row.get("labels", [IGNORE] * count_units(row)))


def _clipped(logits: Any) -> np.ndarray:
    return np.clip(np.asarray(logits, np.float32), -MASKED, MASKED)


@dataclass
class _Sums:
    """What two models differ by, summed over places."""

    places: int = 0
    same: int = 0
    numbers: int = 0
    total: float = 0.0
    greatest: float = 0.0
    scale: float = 0.0
    widest: float = 0.0

    def add(self, wanted: np.ndarray, got: np.ndarray) -> None:
        """Take in the logits of some places, `[places, vocabulary]`."""
        if not wanted.size:
            return
        difference = np.abs(wanted - got)
        self.places += len(wanted)
        by_place = margins(wanted, got, "multiclass")
        self.same += int(np.count_nonzero(by_place <= NEAR))
        self.numbers += difference.size
        self.total += float(difference.sum(dtype=np.float64))
        # Not `max`, which would forget NaN.
        self.greatest = float(np.maximum(self.greatest, difference.max()))
        self.scale = max(self.scale, *_scales(wanted))
        self.widest = max(self.widest, float(by_place.max()))

    def figures(self, checked: int) -> Figures:
        """Return the figures of all places."""
        mean = self.total / self.numbers if self.numbers else 0.0
        return Figures(
            checked=checked,
            differences=(Difference(_LOGITS, self.greatest, mean, self.scale),),
            agreement=self.same / self.places if self.places else 1.0,
            widest_flip=self.widest,
            between_0_and_1=False,
            sum_to_1=False,
        )


def _scales(logits: np.ndarray) -> Iterator[float]:
    """Yield the greatest number, without sign; masked classes are none."""
    yield 0.0
    yield float(np.abs(logits[np.abs(logits) < MASKED]).max(initial=0.0))
