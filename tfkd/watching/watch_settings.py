"""What a watch counts, and what makes an alarm."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import UTC, timedelta, timezone, tzinfo

from ..errors import UserError

_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_LATE = 3_600.0  # seconds, of a window that is a number of texts
_STEPS = 4  # a window moves on by a quarter of itself


@dataclass(frozen=True)
class WatchSettings:
    """The settings of `tfkd watch`.

    Attributes:
        window: What rates are of: a time such as `90s`, `30m`, `1h` or `7d`, or a number of texts.
        run_length: Texts in the mean between two false alarms, at least.
        change: The smallest change that matters, in times the odds of a class.
        reference: Texts of a topic from which its rates before a change are learnt.
        late: How much older than the newest a text may be; by default the window, or an hour.
        zone: Of times that name none, such as `Europe/Berlin`; UTC by default.
        text: The key of texts.
        time: The key of times.
        topic: The key of topics.

    Raises:
        UserError: A value that cannot be.

    >>> WatchSettings(window="30m").step
    450.0
    """

    window: str = "1h"
    run_length: float = 10_000
    change: float = 2.0
    reference: int = 300
    late: str = ""
    zone: str = ""
    text: str = "text"
    time: str = "time"
    topic: str = "topic"

    def __post_init__(self) -> None:
        if not self.window.isdecimal():
            _seconds(self.window, "window")
        elif int(self.window) < _STEPS:
            raise UserError(f"window is {self.window}: write at least {_STEPS} texts, or 1h.")
        if self.late:
            _seconds(self.late, "late")
        if not (math.isfinite(self.run_length) and self.run_length >= 100):
            raise UserError(f"run_length is {self.run_length}: write 100 texts or more.")
        if not (math.isfinite(self.change) and self.change >= 1.1):
            raise UserError(
                f"change is {self.change}: write how many times the odds of a class change at "
                "least, 1.1 or more, e.g. 2."
            )
        if self.reference < 50:
            raise UserError(f"reference is {self.reference}: write 50 texts or more.")
        self.find_zone()

    @property
    def texts(self) -> int:
        """Texts of a window, 0 where it is a time."""
        return int(self.window) if self.window.isdecimal() else 0

    @property
    def step(self) -> float:
        """Seconds by which the window moves on, or texts."""
        return self.texts // _STEPS if self.texts else _seconds(self.window, "window") / _STEPS

    @property
    def seconds_late(self) -> float:
        """How much older than the newest a text may be."""
        if self.late:
            return _seconds(self.late, "late")
        return _LATE if self.texts else _seconds(self.window, "window")

    def find_zone(self) -> tzinfo:
        """Return the zone of times that name none.

        Raises:
            UserError: There is no such zone.
        """
        if not self.zone:
            return UTC
        if offset := re.fullmatch(r"([+-])(\d\d):?(\d\d)", self.zone):
            sign, hours, minutes = offset.groups()
            ahead = timedelta(hours=int(hours), minutes=int(minutes))
            if ahead < timedelta(days=1):
                return timezone(ahead if sign == "+" else -ahead)
        from zoneinfo import ZoneInfo

        try:
            return ZoneInfo(self.zone)
        except (KeyError, ValueError, OSError) as error:
            raise UserError(
                f"zone is {self.zone!r}: write the name of a time zone, such as Europe/Berlin, or "
                "+02:00."
            ) from error


def _seconds(written: str, name: str) -> float:
    """Return the seconds of a time such as `90s` or `1.5h`."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd])", written)
    if not found or not float(found[1]):
        also = ", or a number of texts, such as 500" if name == "window" else ""
        raise UserError(f"{name} is {written!r}: write a time, such as 90s, 30m, 1h or 7d{also}.")
    return float(found[1]) * _UNITS[found[2]]
