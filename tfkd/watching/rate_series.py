"""The rate of one class in one topic: a reference first, then both sides of the test."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from .cusum import LEAST, Cusum, change_odds, interval

UP, DOWN = "up", "down"


@dataclass(frozen=True)
class RateTest:
    """What makes an alarm.

    Attributes:
        reference: Texts from which the rate before a change is learnt.
        change: The smallest change that matters, in times the odds.
        least: The sum that is an alarm.
    """

    reference: int
    change: float
    least: float


@dataclass(frozen=True)
class Change:
    """A rate that is no longer what it was.

    Attributes:
        direction: `up` or `down`.
        before: The rate of the reference.
        after: The rate since the change.
        texts: Texts since the change.
        since: When the change began, as estimated: when the sum was zero last.
        total: The sum.
    """

    direction: str
    before: float
    after: float
    texts: int
    since: float
    total: float


class RateSeries:
    """Whether a text is of the class, text by text.

    After an alarm, a new reference is learnt: the new rate is the normal one from then on.
    """

    def __init__(self) -> None:
        self.texts = self.hits = 0  # of the reference
        self._sides: dict[str, Cusum] = {}

    @property
    def is_watched(self) -> bool:
        """Whether the reference is complete."""
        return bool(self._sides)

    def add(self, hit: bool, time: float, test: RateTest) -> Change | None:
        """Count a text, and return the change that it shows, if any.

        Args:
            hit: Whether the text is of the class.
            time: Its time.
            test: What makes an alarm.
        """
        if not self._sides:
            self.texts, self.hits = self.texts + 1, self.hits + hit
            if self.texts >= test.reference:
                self._sides = _sides(self.hits, self.texts, test.change)
            return None
        for direction, side in self._sides.items():
            if side.add(hit, time) > test.least:
                before, rate = self.hits / self.texts, side.hits / side.texts
                self.__init__()  # type: ignore[misc]  # as on the first day
                return Change(direction, before, rate, side.texts, side.since, side.total)
        return None

    def to_json(self) -> dict[str, Any]:
        """Return all that is known, as plain values."""
        sides = {name: asdict(side) for name, side in self._sides.items()}
        return {"texts": self.texts, "hits": self.hits, "sides": sides}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> RateSeries:
        """Return a series as it was."""
        series = cls()
        series.texts, series.hits = values["texts"], values["hits"]
        series._sides = {name: Cusum(**side) for name, side in values["sides"].items()}
        return series


def _sides(hits: int, texts: int, change: float) -> dict[str, Cusum]:
    """Return the tests that a reference allows: a rate near zero cannot be seen to fall."""
    low, high = interval(hits, texts)
    low, high = min(max(low, 0.0), 1 - LEAST), max(high, LEAST)
    sides = {}
    if high < 1:
        sides[UP] = Cusum.between(high, change_odds(high, change))
    if low > 0:
        sides[DOWN] = Cusum.between(low, change_odds(low, 1 / change))
    return sides
