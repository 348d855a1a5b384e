"""Timing: first calls, which trace and allocate, do not count."""

import pytest

from tfkd.reporting import speed as speeds
from tfkd.reporting.speed import REPEATS, time_model, time_rows


class Clock:
    """Time that passes only while a model works."""

    def __init__(self, monkeypatch):
        self.now, self.seen = 0.0, []
        monkeypatch.setattr(speeds.time, "perf_counter", lambda: self.now)

    def __call__(self, batch):
        ids = [row["input_ids"] if isinstance(row, dict) else row for row in batch]
        first = ids not in self.seen
        self.seen.append(ids)
        self.now += 100.0 if first else 0.001 * sum(map(len, ids))


def test_by_a_clock_of_our_own(monkeypatch):
    """A first call of 100 s, then 1 ms a token: 1 to 4 tokens, 10 in all."""
    model = Clock(monkeypatch)
    ones = [[[0] * n] for n in (1, 2, 3, 4)]
    batches = [[[0] * 4, [0] * 3], [[0] * 2, [0]]]
    found = time_model(model, ones=ones, batches=batches, count=4)
    assert found["latency_p50"] == pytest.approx(2.5)
    assert found["latency_p95"] == pytest.approx(3.85)  # 3 + 0.85 of the way to 4
    assert found["texts_per_second"] == pytest.approx(4 / 0.010)


def test_texts_of_similar_length_run_together(monkeypatch):
    """A batch is padded to its longest text."""
    model = Clock(monkeypatch)
    found = time_rows(model, [{"input_ids": [0] * n} for n in (5, 1, 4, 2, 3)], batch=2)
    many = [[len(text) for text in ids] for ids in model.seen if len(ids) > 1]
    assert many == [[1, 2], [3, 4]] * (REPEATS + 1)
    assert found["texts_per_second"] == pytest.approx(5 / 0.015)
    assert sum(len(ids) == 1 for ids in model.seen) == 6 * (REPEATS + 1)
