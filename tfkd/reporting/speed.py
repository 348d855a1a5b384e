"""How fast a model answers: one example at a time, and many."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..tasks import Arrays

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


def time_rows(
    run: Callable[[list[Arrays]], Any], rows: Sequence[Arrays], batch: int = BATCH
) -> dict[str, float]:
    """Return latency and throughput of a model of rows.

    Args:
        run: The model.
        rows: Those of some examples; rows of similar length run together.
        batch: Rows in a batch.
    """
    order = sorted(rows, key=_length)
    batches = [order[start : start + batch] for start in range(0, len(order), batch)]
    return time_model(run, ones=[[row] for row in rows], batches=batches, count=len(rows))


def _length(row: Arrays) -> int:
    return max(np.size(values) for values in row.values())


def _time_each(run: Callable[[Any], Any], inputs: Sequence[Any]) -> list[float]:
    """Return the seconds that the model takes for each input."""
    seconds = []
    for one in inputs:
        start = time.perf_counter()
        run(one)
        seconds.append(time.perf_counter() - start)
    return seconds
