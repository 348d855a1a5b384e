"""What a run may set of its recordings: their rate, their length, who is kept for the test."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...errors import UserError

SETTINGS: Mapping[str, Any] = {
    "rate": 0,
    "seconds": 1.0,
    "test_speakers": "",
    "validation_speakers": "",
}
_SLOWEST, _FASTEST = 2_000, 192_000
_LONGEST = 60.0
UNKNOWN = 16_000
"""The rate that students are tried with before a recording was heard."""


def check_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings with their numbers as numbers.

    Raises:
        UserError: A rate or a length that no recording has.

    >>> check_settings({**SETTINGS, "seconds": 2})["seconds"]
    2.0
    """
    rate, seconds = settings["rate"], settings["seconds"]
    known = isinstance(rate, int) and not isinstance(rate, bool)
    if not known or (rate and not _SLOWEST <= rate <= _FASTEST):
        raise UserError(
            f"the setting rate is {rate!r}: write samples a second, such as 8000, or 0 for the "
            "rate of the first recording."
        )
    number = isinstance(seconds, (int, float)) and not isinstance(seconds, bool)
    if not number or not 0.1 <= seconds <= _LONGEST:
        raise UserError(
            f"the setting seconds is {seconds!r}: write a number from 0.1 to {_LONGEST:g}."
        )
    names = {role: str(settings[role]) for role in ("test_speakers", "validation_speakers")}
    return {**settings, "seconds": float(seconds), **names}


def find_rate(recorded: int, wanted: int) -> int:
    """Return the rate of rows: that of the settings, or else of a recording.

    Args:
        recorded: The rate of a recording, 0 where nothing says it.
        wanted: That of the settings, 0 where there is none.

    Raises:
        UserError: There is neither.
    """
    if not recorded and not wanted:
        raise UserError(
            "the recordings do not say their rate: give samples a second as a setting of the task "
            "(--task-set rate=16000), or an array called rate beside them."
        )
    return wanted or recorded


def read_rate(written: Any, where: str) -> int:
    """Return the rate of one recording as a number, 0 where there is none.

    Args:
        written: As it stands beside the recording.
        where: What the recording is called in an error.

    Raises:
        UserError: It is no rate.

    >>> read_rate("8000", "a"), read_rate(None, "a")
    (8000, 0)
    """
    if written in (None, "", 0):
        return 0
    try:
        rate = int(float(written))
    except (TypeError, ValueError, OverflowError):
        rate = 0
    if not _SLOWEST <= rate <= _FASTEST:
        raise UserError(
            f"{where}: the rate is {written!r:.40}; write samples a second, such as 8000."
        )
    return rate


def count_samples(settings: Mapping[str, Any]) -> int:
    """Return how many samples a row has.

    >>> count_samples({"rate": 8000, "seconds": 0.5})
    4000
    """
    return round(settings["seconds"] * (settings["rate"] or UNKNOWN))


def speakers(settings: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Return who is kept for a split, by split.

    >>> speakers({"test_speakers": "theo, lucas", "validation_speakers": ""})
    {'test': ('theo', 'lucas')}
    """
    found = {}
    for split in ("test", "validation"):
        written = str(settings[f"{split}_speakers"]).split(",")
        names = tuple(name.strip() for name in written if name.strip())
        if names:
            found[split] = names
    return found
