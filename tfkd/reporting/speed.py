"""How fast a model answers: one example at a time, and many."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

SAMPLE = 64  # texts
BATCH = 32
REPEATS = 3


def speed(run: Callable, ones: Sequence, batches: Sequence, count: int) -> dict[str, float]:
    """Milliseconds for each of `ones` (median of three), examples per second of `batches`.

    `count` is the number of examples in `batches`. Each shape runs once before it counts.
    """
    single = np.median([_each(run, ones) for _ in range(REPEATS + 1)][1:], axis=0)
    fastest = min([sum(_each(run, batches)) for _ in range(REPEATS + 1)][1:])
    return {
        "latency_p50": float(1e3 * np.percentile(single, 50)),
        "latency_p95": float(1e3 * np.percentile(single, 95)),
        "texts_per_second": count / fastest,
    }


def text_speed(run: Callable, ids: list[list[int]], batch: int = BATCH) -> dict[str, float]:
    """`speed` of a model of lists of ids: texts of similar length, `batch` at a time."""
    order = sorted(ids, key=len)
    many = [order[start : start + batch] for start in range(0, len(order), batch)]
    return speed(run, [[text] for text in ids], many, len(ids))


def _each(run: Callable, inputs: Sequence[Any]) -> list[float]:
    took = []
    for each in inputs:
        start = time.perf_counter()
        run(each)
        took.append(time.perf_counter() - start)
    return took
