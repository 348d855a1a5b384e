"""How fast a model answers: one text at a time, and many."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

SAMPLE = 64  # texts
BATCH = 32
REPEATS = 3


def speed(run: Callable[[list[list[int]]], object], ids: list[list[int]], batch: int = BATCH):
    """Latency at batch 1 (milliseconds, median of three runs each) and texts per second.

    `run` takes the ids of one or of up to `batch` texts. Every shape runs once before it counts.
    """
    single = np.median([_each(run, [[text] for text in ids]) for _ in range(REPEATS + 1)][1:], axis=0)
    order = sorted(ids, key=len)
    many = [order[start : start + batch] for start in range(0, len(order), batch)]
    fastest = min([sum(_each(run, many)) for _ in range(REPEATS)][1:])
    return {
        "latency_p50": float(1e3 * np.percentile(single, 50)),
        "latency_p95": float(1e3 * np.percentile(single, 95)),
        "texts_per_second": len(ids) / fastest,
    }


def _each(run, batches: list[list[list[int]]]) -> list[float]:
    took = []
    for batch in batches:
        start = time.perf_counter()
        run(batch)
        took.append(time.perf_counter() - start)
    return took
