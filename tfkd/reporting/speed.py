"""How fast a model answers: one example at a time, and many."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

SAMPLE = 64
"""Texts of a test split that are timed."""
BATCH = 32
REPEATS = 3


def time_model(
    run: Callable[[Any], Any], *, ones: Sequence[Any], batches: Sequence[Any], count: int
) -> dict[str, float]:
    """Return latency and throughput, by the names of a report's row.

    Each shape runs once before it counts.

    Args:
        run: The model.
        ones: Inputs of one example each: milliseconds for one are the median of three runs.
        batches: Inputs of many examples: the fastest of three runs counts.
        count: Examples in `batches`.
    """
    single = np.median([_time_each(run, ones) for _ in range(REPEATS + 1)][1:], axis=0)
    fastest = min([sum(_time_each(run, batches)) for _ in range(REPEATS + 1)][1:])
    return {
        "latency_p50": float(1e3 * np.percentile(single, 50)),
        "latency_p95": float(1e3 * np.percentile(single, 95)),
        "texts_per_second": count / fastest,
    }


def time_texts(
    run: Callable[[list[list[int]]], Any], ids: list[list[int]], batch: int = BATCH
) -> dict[str, float]:
    """Return latency and throughput of a model of lists of token ids.

    Args:
        run: The model.
        ids: Those of some texts; texts of similar length run together.
        batch: Texts in a batch.
    """
    order = sorted(ids, key=len)
    batches = [order[start : start + batch] for start in range(0, len(order), batch)]
    return time_model(run, ones=[[text] for text in ids], batches=batches, count=len(ids))


def _time_each(run: Callable[[Any], Any], inputs: Sequence[Any]) -> list[float]:
    """Return the seconds that the model takes for each input."""
    seconds = []
    for one in inputs:
        start = time.perf_counter()
        run(one)
        seconds.append(time.perf_counter() - start)
    return seconds
