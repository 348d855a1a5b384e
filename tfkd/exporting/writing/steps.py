"""Compare the steps of a file with its `serve`, along texts that are given."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...runtime.file_steps import FileSteps
from ...runtime.interpreter import LiteRT
from ...runtime.row_feeding import RowFeeder
from ...tasks import Arrays
from ...text.batching import padded
from ...text.words import DECODER_IDS, IDS

MOST = 16
"""Texts that are stepped along."""


def step_difference(
    file: LiteRT, steps: FileSteps, feeder: RowFeeder, rows: Sequence[Arrays]
) -> float:
    """Return the greatest difference of a logit of a step and of the same one of `serve`.

    Args:
        file: The file.
        steps: Its steps.
        feeder: Makes the inputs of `serve`.
        rows: Of which the first ones are stepped along.
    """
    rows = rows[:MOST]
    read = DECODER_IDS if DECODER_IDS in rows[0] else IDS
    size = feeder.batch or len(rows)
    whole: list[np.ndarray] = []
    for at in range(0, len(rows), size):
        whole += list(file.logits(feeder(rows[at : at + size])))
    # One that goes on with a text begins with its first token.
    begun = [row if read == DECODER_IDS else {IDS: list(row[IDS])[:1]} for row in rows]
    state, _ = steps.begin(begun)
    greatest = 0.0
    for place, tokens in enumerate(padded([list(row[read]) for row in rows]).T):
        logits, state = steps.step(state, tokens)
        for row, of_row, of_step in zip(rows, whole, logits, strict=False):
            if place < len(row[read]):
                difference = float(np.abs(of_row[place] - of_step).max())
                greatest = float(np.maximum(greatest, difference))
    return greatest
