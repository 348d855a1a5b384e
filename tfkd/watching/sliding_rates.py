"""How many texts of each topic and class there are in a window that moves on by quarters."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any

from .stream_times import spell_time

EVERY = ""
"""Stands for all topics together, in counts."""
_STEPS = 4
Counts = dict[str, dict[str, int]]
"""By topic: texts under the empty name, and those of each class under its name."""


class SlidingRates:
    """The rates of classes by topic over the last window of time or of texts.

    Args:
        step: A quarter of the window, in seconds or texts.
        by_texts: Whether it is texts.
        classes: The names of the classes.
    """

    def __init__(self, step: float, *, by_texts: bool, classes: Sequence[str]) -> None:
        self._step, self._by_texts, self._classes = step, by_texts, tuple(classes)
        self._quarters: deque[dict[str, Any]] = deque(maxlen=_STEPS)

    def add(self, time: float, topics: Sequence[str], hits: Sequence[str]) -> Iterator[dict]:
        """Count a text, and yield the windows that it ends.

        Args:
            time: Its time.
            topics: Those that it counts for.
            hits: The classes that it is of.
        """
        if not self._by_texts:
            yield from self._end_quarters(time)
        if not self._quarters or self._is_full():
            self._quarters.append({"start": self._start_of(time), "end": time, "counts": {}})
        quarter = self._quarters[-1]
        quarter["end"] = max(quarter["end"], time)
        for topic in topics:
            counts = quarter["counts"].setdefault(topic, {})
            for name in ("", *hits):
                counts[name] = counts.get(name, 0) + 1
        if self._by_texts and self._is_full():
            yield from self.windows(quarter["end"])

    def windows(self, end: float) -> Iterator[dict]:
        """Yield the window that ends now, for all topics together and for each.

        Args:
            end: Its time.
        """
        totals: Counts = {}
        for quarter in self._quarters:
            for topic, counts in quarter["counts"].items():
                total = totals.setdefault(topic, {})
                for name, count in counts.items():
                    total[name] = total.get(name, 0) + count
        for topic, total in sorted(totals.items()):
            yield {
                "event": "window",
                "from": spell_time(min(self._quarters[0]["start"], end)),
                "to": spell_time(end),
                "topic": topic or None,
                "texts": total[""],
                "rates": {name: round(total.get(name, 0) / total[""], 6) for name in self._classes},
            }

    def _end_quarters(self, time: float) -> Iterator[dict]:
        """Move the window on to the quarter of a time; a window without texts has no line."""
        while self._quarters and time >= self._quarters[-1]["start"] + self._step:
            start = self._quarters[-1]["start"] + self._step
            yield from self.windows(start)
            self._quarters.append({"start": start, "end": start, "counts": {}})
            if not any(quarter["counts"] for quarter in self._quarters):
                # After a silence the next text begins a window of its own.
                self._quarters.clear()

    def _start_of(self, time: float) -> float:
        return time if self._by_texts else math.floor(time / self._step) * self._step

    def _is_full(self) -> bool:
        counts = self._quarters[-1]["counts"]
        return self._by_texts and counts.get(EVERY, {}).get("", 0) >= self._step

    def to_json(self) -> list[dict[str, Any]]:
        """Return the counts as plain values."""
        return list(self._quarters)

    def restore(self, quarters: Sequence[dict[str, Any]]) -> None:
        """Take over counts that `to_json` gave."""
        self._quarters = deque(quarters, maxlen=_STEPS)
