"""The times of a stream, as seconds since 1970: of any zone, but not of unlike kinds."""

from __future__ import annotations

import math
import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

from ..errors import UserError

_AHEAD = 86_400.0  # seconds that clocks may differ
_LARGEST = 6e10  # seconds since 1970; what is larger counts milliseconds
_NUMBER = re.compile(r"[+-]?\d{9,}(\.\d*)?")
_DATE = re.compile(r"(19|20)\d\d(0[1-9]|1[0-2])[0-3]\d")
_WRITE = "write 2026-03-01T12:00:00Z, or seconds since 1970"


@dataclass
class Clock:
    """Read the time of each text, and tell which come too late.

    Attributes:
        zone: Of times that name none.
        has_zone: Whether a zone was given for these; else they may not stand beside times that
            name theirs.
        seconds_late: How much older than the newest a text may be.
        newest: The newest time so far.
        kind: `with` or `without` a zone, by the first time; empty before.
        out_of_order: Texts older than one before them, though not too old.
    """

    zone: tzinfo
    has_zone: bool
    seconds_late: float
    newest: float = -math.inf
    kind: str = ""
    out_of_order: int = 0

    def read(self, value: Any) -> float:
        """Return the time of the next text, in seconds since 1970.

        Raises:
            UserError: No time, or one that cannot stand where it does.

        >>> Clock(UTC, False, 60).read("2026-03-01T12:00:00+01:00")
        1772362800.0
        """
        seconds, kind = self._parse(value)
        if self.kind and kind != self.kind and not self.has_zone:
            raise UserError(
                f"the time {value} is {kind} a zone, and those before are {self.kind} one: "
                "write all with it, or say what the others mean with --zone."
            )
        if seconds > time.time() + _AHEAD:
            raise UserError(f"the time {value} has not come yet: correct it.")
        if seconds < self.newest - self.seconds_late:
            raise UserError(
                f"the time {value} is older than {spell_time(self.newest)}, which came before it, "
                "by more than may be late: sort the texts by time, or allow more with --late."
            )
        self.kind = self.kind or kind
        self.out_of_order += seconds < self.newest
        self.newest = max(self.newest, seconds)
        return seconds

    def _parse(self, value: Any) -> tuple[float, str]:
        """Return a time and whether it is `with` or `without` a zone."""
        if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
            value = float(value)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return _check_seconds(value), "with"
        if not isinstance(value, str) or not value.strip():
            raise UserError(f"it has no time: {_WRITE}.")
        try:
            read = datetime.fromisoformat(value.strip())
            kind = "without" if read.tzinfo is None else "with"
            return (read if read.tzinfo else read.replace(tzinfo=self.zone)).timestamp(), kind
        except (ValueError, OverflowError):
            raise UserError(f"the time {value!r:.40} is none: {_WRITE}.") from None


def _check_seconds(value: float) -> float:
    """Refuse a number that does not count seconds since 1970."""
    if _DATE.fullmatch(str(value)):
        raise UserError(f"the time {value} is a date without signs: {_WRITE}.")
    if not math.isfinite(value) or abs(value) > _LARGEST:
        raise UserError(
            f"the time {value} is too large for seconds since 1970: divide milliseconds by 1000."
        )
    return float(value)


def spell_time(seconds: float) -> str:
    """Return a time as ISO 8601 in UTC.

    >>> spell_time(1772362800.0)
    '2026-03-01T11:00:00Z'
    """
    whole = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="auto")
    return whole.replace("+00:00", "Z")
