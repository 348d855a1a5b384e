"""All rates of a stream: a series for each topic and class, and for all topics together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ..progress import logger
from .cusum import threshold
from .rate_series import RateSeries, RateTest
from .sliding_rates import EVERY, SlidingRates
from .stream_times import spell_time
from .watch_settings import WatchSettings

MOST_TOPICS = 10_000
_SCOPES, _SIDES = 2, 2  # a text counts for its topic and for all; a rate may rise or fall


class TopicRates:
    """Count texts by topic and class, and test each rate for a change.

    Args:
        settings: What is counted, and what makes an alarm.
        classes: The names of the classes.
    """

    def __init__(self, settings: WatchSettings, classes: Sequence[str]) -> None:
        self._classes = tuple(classes)
        sums = _SCOPES * _SIDES * len(self._classes)
        least = threshold(settings.run_length, sums)
        self._test = RateTest(settings.reference, settings.change, least)
        self._series: dict[str, dict[str, RateSeries]] = {}
        self._windows = SlidingRates(
            settings.step, by_texts=bool(settings.texts), classes=self._classes
        )

    def add(
        self, line: int, *, time: float, topic: str, hits: Sequence[str]
    ) -> Iterator[dict[str, Any]]:
        """Count a text, and yield the windows that it ends and the alarms that it raises.

        Args:
            line: Its number.
            time: Its time.
            topic: Its topic; empty for none.
            hits: The classes that it is of.
        """
        topics = self._open_topics(topic)
        hits = [name for name in hits if name in self._classes]
        yield from self._windows.add(time, topics, hits)
        for each in topics:
            learning = not self._is_watched(each)
            for name, series in self._series[each].items():
                change = series.add(name in hits, time, self._test)
                if change is not None:
                    yield {
                        "event": "alarm",
                        "line": line,
                        "time": spell_time(time),
                        "topic": each or None,
                        "class": name,
                        "direction": change.direction,
                        "before": round(change.before, 6),
                        "after": round(change.after, 6),
                        "since": spell_time(change.since),
                        "texts": change.texts,
                        "sum": round(change.total, 3),
                    }
            if learning and self._is_watched(each):
                yield self._describe_reference(each, time)

    def windows(self, time: float) -> Iterator[dict[str, Any]]:
        """Yield the windows that end at a time, as far as they go.

        Args:
            time: That of the last text.
        """
        yield from self._windows.windows(time)

    def count_topics(self) -> tuple[int, int]:
        """Return how many topics there are, and how many of these have no reference yet."""
        topics = [topic for topic in self._series if topic != EVERY]
        return len(topics), sum(not self._is_watched(topic) for topic in topics)

    @property
    def is_watched(self) -> bool:
        """Whether there were enough texts for the reference of all topics together."""
        return EVERY in self._series and self._is_watched(EVERY)

    def _is_watched(self, topic: str) -> bool:
        return all(series.is_watched for series in self._series[topic].values())

    def _open_topics(self, topic: str) -> list[str]:
        topics = [EVERY, topic] if topic else [EVERY]
        for each in list(topics):
            if each in self._series:
                continue
            if len(self._series) > MOST_TOPICS:
                topics.remove(each)
                continue
            self._series[each] = {name: RateSeries() for name in self._classes}
            if len(self._series) > MOST_TOPICS:
                logger.warning(
                    f"there are more than {MOST_TOPICS:,} topics: texts of further ones count for "
                    "all topics together alone."
                )
        return topics

    def _describe_reference(self, topic: str, time: float) -> dict[str, Any]:
        rates = {name: series.hits / series.texts for name, series in self._series[topic].items()}
        return {
            "event": "reference",
            "time": spell_time(time),
            "topic": topic or None,
            "rates": {name: round(rate, 6) for name, rate in rates.items()},
        }

    def to_json(self) -> dict[str, Any]:
        """Return all counts as plain values."""
        series = {
            topic: {name: each.to_json() for name, each in by_class.items()}
            for topic, by_class in self._series.items()
        }
        return {"series": series, "windows": self._windows.to_json()}

    def restore(self, values: dict[str, Any]) -> None:
        """Take over counts that `to_json` gave."""
        self._windows.restore(values["windows"])
        self._series = {
            topic: {name: RateSeries.from_json(each) for name, each in by_class.items()}
            for topic, by_class in values["series"].items()
        }
