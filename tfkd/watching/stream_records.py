"""From a line to a text with its time and topic; what cannot be one is skipped and told."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from ..data import Example
from ..errors import UserError
from ..progress import logger
from ..runtime import Predictor
from .stream_times import Clock
from .watch_settings import WatchSettings

_SHOWN = 10
"""Lines that are told one by one."""
_TRIED = 100
"""Lines of which at least one in ten has to be a text, or the file is something else."""


@dataclass(frozen=True)
class StreamText:
    """A text of a stream.

    Attributes:
        line: The number of its line.
        time: Seconds since 1970.
        topic: What it is about; empty for nothing.
        example: What the task reads of it.
    """

    line: int
    time: float
    topic: str
    example: Example


class StreamReader:
    """Read texts of lines, and count lines that are none.

    Args:
        predictor: The file whose task reads the texts.
        settings: What the keys are called.
        clock: Reads the times.
        where: What the stream is called.

    Attributes:
        lines: Lines that were read, blank ones aside.
        skipped: Those that are no text.
    """

    def __init__(
        self, predictor: Predictor, settings: WatchSettings, *, clock: Clock, where: str
    ) -> None:
        self._predictor, self._settings, self._clock = predictor, settings, clock
        self._where, self._first_reason = where, ""
        self.lines = self.skipped = 0

    def read(self, number: int, line: bytes) -> StreamText | None:
        """Return the text of a line; `None` where it is none, which is told.

        Args:
            number: Of the line.
            line: Its bytes.

        Raises:
            UserError: Hardly a line so far was a text.
        """
        if not line.strip():
            return None
        self.lines += 1
        try:
            return self._text_of(number, line.removeprefix(b"\xef\xbb\xbf"))
        except UserError as error:
            self.skipped += 1
            reason = f"line {number} of {self._where}: {error}"
            self._first_reason = self._first_reason or reason
            if self.skipped <= _SHOWN:
                logger.warning(f"skipped {reason}")
            if self.skipped == _SHOWN + 1:
                logger.warning("further lines that are skipped are counted alone.")
            if self.lines >= _TRIED and self.skipped > 0.9 * self.lines:
                self.refuse_all()
            return None

    def refuse_all(self) -> None:
        """Refuse a stream that has lines, and hardly a text.

        Raises:
            UserError: It is one.
        """
        if self.lines and self.skipped > 0.9 * self.lines:
            raise UserError(
                f"{self.skipped:,} of the first {self.lines:,} lines cannot be read; "
                f"{self._first_reason}"
            )

    def _text_of(self, number: int, line: bytes) -> StreamText:
        keys = self._settings
        if line.startswith(b"\x1f\x8b"):
            raise UserError("it is compressed: write `zcat FILE | tfkd watch -`.")
        try:
            record = json.loads(line)
        except UnicodeDecodeError:
            raise UserError("it is not UTF-8.") from None
        except (ValueError, RecursionError) as error:
            raise UserError(f"it is not JSON ({error}).") from None
        if not isinstance(record, dict):
            raise UserError('it is no JSON object: write {"time": ..., "text": ...}.')
        topic = _topic_of(record.get(keys.topic), keys.topic)
        fields = {**record, "text": record.get(keys.text)}
        text = fields["text"]
        if not isinstance(text, str) or not text.strip():
            raise UserError(
                f"it has no text under {keys.text!r}: give at least one word, or name another key "
                "with --text-column."
            )
        (example,) = self._predictor.examples([fields])
        # The last check: a text that is skipped must not set the clock.
        if keys.time not in record:
            raise UserError(f"it has no {keys.time!r}: give one, or name it with --time-column.")
        return StreamText(number, self._clock.read(record[keys.time]), topic, example)


def _topic_of(value: Any, key: str) -> str:
    """Return a topic, which may be a number.

    >>> _topic_of("banks", "topic"), _topic_of(7, "topic"), _topic_of(None, "topic")
    ('banks', '7', '')
    """
    if value is None:
        return ""
    if isinstance(value, (list, dict, bool)):
        raise UserError(f"its {key} is {value!r:.40}: write one name.")
    return str(value).strip()
