"""What a watch has seen, in words: for the terminal, and for the page."""

from __future__ import annotations

from typing import Any

from ..progress import format_count
from ._watch import Watched

_SHOWN = 20
"""Alarms and topics that a terminal shows."""


def spell_alarm(alarm: dict[str, Any]) -> str:
    """Return an alarm as one line.

    >>> spell_alarm(
    ...     {
    ...         "time": "2026-03-01T11:00:00Z",
    ...         "topic": "banks",
    ...         "class": "negative",
    ...         "direction": "up",
    ...         "before": 0.12,
    ...         "after": 0.41,
    ...         "texts": 79,
    ...         "since": "2026-03-01T09:30:00Z",
    ...     }
    ... )
    '2026-03-01T11:00:00Z  banks: negative rose from 12.0 % to 41.0 %, in 79 texts since 09:30'
    """
    verb = "rose" if alarm["direction"] == "up" else "fell"
    since = alarm["since"]
    same_day = since[:10] == alarm["time"][:10]
    topic = f"{alarm['topic']}: " if alarm["topic"] else ""
    return (
        f"{alarm['time']}  {topic}{alarm['class']} {verb} from {alarm['before']:.1%} to "
        f"{alarm['after']:.1%}, in {alarm['texts']} texts since "
        f"{since[11:16] if same_day else since}"
    ).replace("%", " %")


def summarize_watch(seen: Watched) -> list[str]:
    """Return the lines of a summary: what was counted, the rates now, and the alarms."""
    lines = [
        f"texts     {seen.texts:,}"
        + (f" up to {seen.newest}" if seen.newest else "")
        + (f", {seen.topics:,} topics" if seen.topics else "")
        + (f"; {format_count(seen.skipped, 'lines')} skipped" if seen.skipped else "")
        + (f"; {seen.out_of_order:,} out of order" if seen.out_of_order else "")
    ]
    for window in seen.rates[:_SHOWN]:
        rates = "  ".join(f"{name} {rate:.1%}" for name, rate in window["rates"].items())
        title = window["topic"] or "all"
        lines.append(f"now       {title}: {rates}  of {window['texts']:,} texts".replace("%", " %"))
    if len(seen.rates) > _SHOWN:
        lines.append(f"          and {len(seen.rates) - _SHOWN:,} topics more")
    if not seen.is_watched:
        lines.append("          too few texts for a reference: no rate is tested for a change yet")
    elif seen.waiting:
        lines.append(
            f"          {seen.waiting:,} of {seen.topics:,} topics have too few texts to be tested "
            "for a change yet"
        )
    lines.append(f"alarms    {len(seen.alarms):,}")
    lines += [f"          {spell_alarm(alarm)}" for alarm in seen.alarms[-_SHOWN:]]
    return lines
