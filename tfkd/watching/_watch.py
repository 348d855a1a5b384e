"""Watch a stream: read, classify, count, write; and go on where an earlier watch stopped."""

from __future__ import annotations

import hashlib
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ..errors import UserError
from ..progress import logger
from ..runtime import Ask, Predictor, load
from .stream_lines import Lines, LineSource
from .stream_records import StreamReader
from .stream_times import Clock, spell_time
from .topic_rates import TopicRates
from .watch_settings import WatchSettings
from .watch_state import WatchOutput

ASK = "(ask)"
"""Counts texts that a file with a threshold gives no answer for: more of them are news too."""
_SECONDS = 1.0  # between two states that are written
_KEPT = 1_000  # alarms that a summary holds


@dataclass(frozen=True)
class Watched:
    """What a watch has seen so far, earlier ones of the same output with it.

    Attributes:
        texts: Texts that were counted.
        skipped: Lines that are none.
        out_of_order: Texts older than one before them, counted as they came.
        alarms: The alarms, as their lines in the output; the last thousand of them.
        newest: The time of the newest text; empty where there was none.
        topics: The number of topics.
        waiting: Topics that have too few texts for a reference yet.
        is_watched: Whether there was a reference of all topics together.
        rates: The windows that end with the newest text, as lines of the output.
    """

    texts: int
    skipped: int
    out_of_order: int
    alarms: tuple[dict[str, Any], ...]
    newest: str
    topics: int
    waiting: int
    is_watched: bool
    rates: tuple[dict[str, Any], ...]


def watch(
    source: str | Path,
    model: str | Path,
    *,
    to: str | Path | None = None,
    settings: WatchSettings | None = None,
    follow: bool = False,
    before_batch: Callable[[int], None] = lambda texts: None,
) -> Watched:
    """Classify a stream of texts, and raise an alarm where the rate of a class changes.

    Args:
        source: A file of lines of JSON with `time`, `text` and optionally `topic`; `-` for stdin.
        model: An exported file whose task names classes.
        to: The file that windows and alarms are appended to, as lines of JSON. The same call goes
            on where one stopped that wrote this file. By default lines are printed.
        settings: What is counted, and what makes an alarm.
        follow: Whether to wait for more lines at the end of the file, until Ctrl-C.
        before_batch: Called with the number of texts before each batch.

    Raises:
        UserError: With one sentence, for a stream, file or setting that cannot be used.

    ```python
    seen = tfkd.watching.watch("news.jsonl", "student.tflite", to="watch.jsonl")
    seen.alarms
    ```
    """
    settings = settings or WatchSettings()
    predictor = load(model)
    if not predictor.task.typed_roles():
        raise UserError(f"the task {predictor.task.name} reads no texts, and a stream has texts.")
    if not predictor.task.countable(predictor.schema):
        raise UserError(
            f"the task {predictor.task.name} names no classes whose rates could be watched: give "
            "a file that classifies texts."
        )
    lines = LineSource(str(source), follow=follow)
    try:
        output = _open_output(lines, to, settings, _digest(model))
        try:
            watcher = _Watcher(predictor, settings, lines, output)
            return watcher.run(before_batch)
        finally:
            output.close()
    finally:
        lines.close()


def _open_output(
    lines: LineSource, to: str | Path | None, settings: WatchSettings, model: str
) -> WatchOutput:
    path = None if to is None else Path(to)
    if path is not None and not lines.is_pipe and path.exists() and path.samefile(lines.path):
        raise UserError(f"--to {path} is the file that is read: write another one.")
    # What may change from one call to the next: what is late, and what names are.
    fixed = asdict(replace(settings, late=""))
    return WatchOutput(path, {**fixed, "source": lines.name, "model": model})


def _digest(model: str | Path) -> str:
    """Return what stands for a file: rates of two models do not compare."""
    return hashlib.sha256(Path(model).read_bytes()).hexdigest()[:16]


def _name_classes(predictor: Predictor) -> tuple[str, ...]:
    """Return what is counted: classes, and answers of which a file is not sure."""
    classes = predictor.task.countable(predictor.schema)
    return (*classes, ASK) if predictor.ask_below is not None else classes


class _Watcher:
    """The parts of a watch, and what they have counted."""

    def __init__(
        self,
        predictor: Predictor,
        settings: WatchSettings,
        lines: LineSource,
        output: WatchOutput,
    ) -> None:
        self._predictor, self._lines, self._output = predictor, lines, output
        self._clock = Clock(settings.find_zone(), bool(settings.zone), settings.seconds_late)
        self._reader = StreamReader(predictor, settings, clock=self._clock, where=lines.name)
        self._rates = TopicRates(settings, _name_classes(predictor))
        self._alarms: deque[dict[str, Any]] = deque(maxlen=_KEPT)
        self._texts, self._saved = 0, 0.0
        if output.state:
            self._restore(output.state)

    def run(self, before_batch: Callable[[int], None]) -> Watched:
        """Read to the end, or until Ctrl-C."""
        try:
            for batch in self._lines.batches():
                before_batch(len(batch))
                events = list(self._count(batch))
                self._output.write(events)
                if events or self._lines.is_pipe or time.monotonic() - self._saved > _SECONDS:
                    self._save()
        except KeyboardInterrupt:
            if not self._lines.follows:
                raise
        self._reader.refuse_all()
        self._save()
        return self._describe()

    def _count(self, batch: Lines) -> Iterator[dict[str, Any]]:
        read = [self._reader.read(number, line) for number, line in batch]
        texts = [text for text in read if text is not None]
        answers = self._predictor.predict([text.example for text in texts])
        for text, answer in zip(texts, answers, strict=True):
            self._texts += 1
            asks = isinstance(answer, Ask)
            hits = (ASK,) if asks else self._predictor.task.counted(answer)
            for event in self._rates.add(text.line, time=text.time, topic=text.topic, hits=hits):
                if event["event"] == "alarm":
                    self._alarms.append(event)
                yield event

    def _save(self) -> None:
        self._saved = time.monotonic()
        clock = {"newest": self._clock.newest, "kind": self._clock.kind} if self._texts else {}
        self._output.save(
            {
                "place": self._lines.place(),
                "clock": clock,
                "rates": self._rates.to_json(),
                "counts": {
                    "texts": self._texts,
                    "lines": self._reader.lines,
                    "skipped": self._reader.skipped,
                    "out_of_order": self._clock.out_of_order,
                },
                "alarms": list(self._alarms),
            }
        )

    def _restore(self, state: dict[str, Any]) -> None:
        self._lines.go_on(state["place"])
        self._output.go_back(keep_whole_lines=self._lines.is_pipe)
        self._rates.restore(state["rates"])
        counts = state["counts"]
        self._texts, self._clock.out_of_order = counts["texts"], counts["out_of_order"]
        self._reader.lines, self._reader.skipped = counts["lines"], counts["skipped"]
        self._clock.newest = state["clock"].get("newest", self._clock.newest)
        self._clock.kind = state["clock"].get("kind", "")
        self._alarms.extend(state["alarms"])
        logger.info(
            f"goes on    {self._texts:,} texts of {self._lines.name} are counted in "
            f"{self._output.path}"
        )

    def _describe(self) -> Watched:
        topics, waiting = self._rates.count_topics()
        return Watched(
            texts=self._texts,
            skipped=self._reader.skipped,
            out_of_order=self._clock.out_of_order,
            alarms=tuple(self._alarms),
            newest=spell_time(self._clock.newest) if self._texts else "",
            topics=topics,
            waiting=waiting,
            is_watched=self._rates.is_watched,
            rates=tuple(self._rates.windows(self._clock.newest)) if self._texts else (),
        )
