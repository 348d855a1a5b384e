"""The training examples whose labels count: all of them, or as many as `labelled` says."""

from __future__ import annotations

import numpy as np

from ..data import Data, Example
from ..tasks import Task
from .config import RunConfig


def draw_labelled(config: RunConfig, task: Task, data: Data) -> list[Example]:
    """Return the training examples whose labels the student uses.

    Args:
        config: The settings, with `labelled` and the seed.
        task: Tells which examples have a label.
        data: The data set.
    """
    known = [example for example in data.read("train") if task.is_labelled(example)]
    count = config.data.labelled
    if not 0 < count < len(known):
        return known
    # The same draw as `Encoded.with_labels`: which places come first depends on their number alone.
    drawn = np.random.default_rng(config.training.seed).permutation(len(known))[:count]
    return [known[i] for i in sorted(drawn.tolist())]
