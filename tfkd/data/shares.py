"""A share of the texts that a run learns from: fewer of them, with all else as it was."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from .examples import Data, Example

_LEARNT = ("train", "unlabelled")


def take_share(data: Data, share: float, seed: int) -> Data:
    """Return data of which only a share of the texts to learn from is left.

    A smaller share is a part of a larger one. Class names and the other splits stay.

    Args:
        data: The data set.
        share: Above 0 and up to 1, which takes all.
        seed: Of the draw.

    >>> from tfkd.data import open_data
    >>> take_share(open_data("sample", size=400), 0.25, 0).counts["train"]
    100
    """
    if share >= 1:
        return data
    counts, streams = dict(data.counts), dict(data.streams)
    for split in _LEARNT:
        count = counts.get(split, 0)
        if count and split in streams:
            counts[split] = math.ceil(share * count)
            streams[split] = partial(_read_some, streams[split], count, counts[split], seed)
    facts = {**data.facts, "share": share}
    return dataclasses.replace(data, counts=counts, streams=streams, facts=facts)


def _read_some(
    stream: Callable[[], Iterator[Example]], count: int, kept: int, seed: int
) -> Iterator[Example]:
    chosen = set(np.random.default_rng(seed).permutation(count)[:kept].tolist())
    return (example for place, example in enumerate(stream()) if place in chosen)
