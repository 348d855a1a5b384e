"""The page of a watch: rates over time by topic, with its alarms."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .. import __version__
from ..errors import UserError
from ..files import replace_when_whole
from ..reporting import page
from ._watch import Watched
from .watch_settings import WatchSettings
from .watch_summary import spell_alarm

_TOPICS = 8
"""Topics that are drawn: those with the most alarms, then with the most texts."""
_POINTS = 400
"""Windows of a plot."""


def check_page(path: Path, output: Path | None) -> None:
    """Refuse a page that could not be written at the end.

    Args:
        path: The page.
        output: The file of lines that it is made of.

    Raises:
        UserError: No such folder, no lines, or the extra `report` is not installed.
    """
    if output is None:
        raise UserError(f"--page {path} is made of the lines that --to keeps: give --to too.")
    if path.is_dir() or not path.parent.is_dir() or path == output:
        raise UserError(f"--page {path}: write the name of an .html file in a folder that exists.")
    page.check_installed()


def write_watch_page(path: Path, output: Path, seen: Watched, settings: WatchSettings) -> None:
    """Write the page of all that a watch wrote.

    Args:
        path: The page.
        output: The lines of the watch.
        seen: What the watch has seen.
        settings: What was counted.
    """
    events = list(_read(output))
    figures = {
        "tfkd": __version__,
        "title": output.stem,
        "kicker": "Watched stream",
        "source": f"Every figure is in {output.name}.",
        "runs": [
            {
                "name": output.stem,
                "title": f"{seen.texts:,} texts up to {seen.newest}",
                "measures": {},
                "rows": [],
                "histories": [],
                "words": [spell_alarm(alarm) for alarm in seen.alarms[-5:]] or ["No alarm."],
                "facts": {
                    "window": settings.window + (" texts" if settings.texts else ""),
                    "reference": f"{settings.reference:,} texts of a topic",
                    "change": f"{settings.change:g} times the odds",
                    "texts between false alarms": f"at least {settings.run_length:,.0f} (mean)",
                },
                "sections": _sections(events),
            }
        ],
    }
    with replace_when_whole(path) as part:
        part.write_text(page.page(figures), encoding="utf-8")


def _read(output: Path) -> Iterator[dict[str, Any]]:
    with output.open(encoding="utf-8") as stream:
        for line in stream:
            yield json.loads(line)


def _sections(events: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the sections of the page, as `tfkd.reporting.page` describes them."""
    alarms = [event for event in events if event["event"] == "alarm"]
    windows: dict[str | None, list[dict[str, Any]]] = {}
    for event in events:
        if event["event"] == "window":
            windows.setdefault(event["topic"], []).append(event)

    def weight(topic: str | None) -> tuple[bool, int, int]:
        raised = sum(alarm["topic"] == topic for alarm in alarms)
        return topic is None, raised, sum(window["texts"] for window in windows[topic])

    shown = sorted(windows, key=weight, reverse=True)[: _TOPICS + 1]
    figures = [_draw_topic(topic, windows[topic], alarms) for topic in shown]
    left = len(windows) - len(shown)
    rates: dict[str, Any] = {
        "title": "Rates over time",
        "nav": "Rates",
        "figures": figures,
        "note": "Each point is the share of texts of a window; dashed lines are alarms."
        + (f" {left:,} topics with fewer texts are not drawn." if left else ""),
    }
    if not figures:
        rates["note"] = "No window has ended yet."
    return {"rates": rates, "alarms": _list_alarms(alarms)}


def _draw_topic(
    topic: str | None, windows: list[dict[str, Any]], alarms: list[dict[str, Any]]
) -> dict[str, Any]:
    every = -(-len(windows) // _POINTS)
    return {
        "kind": "curve",
        "caption": (topic or "All texts") + (f", every {every}th window" if every > 1 else ""),
        "x": {"title": "time (UTC)", "unit": "time"},
        "y": {"title": "share of texts", "unit": "share"},
        "points": [
            {"x": window["to"], "y": rate, "series": name, "split": "training"}
            for window in windows[::every]
            for name, rate in window["rates"].items()
        ],
        "marks": [
            {"x": alarm["time"], "label": spell_alarm(alarm)}
            for alarm in alarms
            if alarm["topic"] == topic
        ],
    }


def _list_alarms(alarms: list[dict[str, Any]]) -> dict[str, Any]:
    titles = ("time", "topic", "class", "before", "after", "texts since the change")
    units = ("words", "words", "words", "share", "share", "count")
    rows = [
        [
            alarm["time"],
            alarm["topic"] or "all",
            f"{alarm['class']} {alarm['direction']}",
            alarm["before"],
            alarm["after"],
            alarm["texts"],
        ]
        for alarm in alarms
    ]
    table = {
        "kind": "table",
        "caption": "All alarms",
        "sortable": True,
        "columns": [
            {"title": title, "unit": unit} for title, unit in zip(titles, units, strict=True)
        ],
        "rows": rows,
    }
    return {
        "title": "Alarms",
        "nav": "Alarms",
        "figures": [table] if rows else [],
        "note": "" if rows else "There were none.",
    }
