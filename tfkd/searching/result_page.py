"""The page of a search: the frontier, what mattered, and the reports of winner and default."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import __version__
from ..errors import UserError
from ..files import replace_when_whole
from ..reporting.page import check_installed, page
from ..tasks import Measure
from .finals import Finalist
from .results import SearchResult, spell_settings

PAGE = "search.html"


def write_page(found: SearchResult, finalists: Mapping[str, Finalist]) -> bool:
    """Write the page of a search into its folder, where the extra `report` is installed.

    Args:
        found: What the search has found.
        finalists: The winner and the default, whose reports of the first seed are shown.

    Returns:
        Whether there is a page.
    """
    try:
        check_installed()
    except UserError:
        return False
    runs = [
        {**each.reports[0].to_dict(), "name": f"{name}, first seed", "histories": []}
        for name, each in finalists.items()
    ]
    runs[0]["words"] = [*found.words, *runs[0]["words"]]
    runs[0]["sections"] = {"search": describe_section(found)}
    figures = {"tfkd": __version__, "title": found.title, "runs": runs}
    with replace_when_whole(found.folder / PAGE) as part:
        part.write_text(page(figures), encoding="utf-8")
    return True


def describe_section(found: SearchResult) -> dict[str, Any]:
    """Return the section of a search as plain values, as `tfkd.reporting.page` takes them.

    Args:
        found: What the search has found.
    """
    frontier = [
        [
            str(each.number),
            each.score,
            each.measured.megabytes,
            each.measured.milliseconds,
            spell_settings(each.settings) or "the default",
        ]
        for each in found.frontier
        if each.measured is not None
    ]
    columns = [
        {"title": "trial", "unit": "name"},
        {"title": f"{found.measure.title}, validation", "unit": _unit(found.measure)},
        {"title": "MB", "unit": "decimal"},
        {"title": "ms", "unit": "decimal"},
        {"title": "settings", "unit": "words"},
    ]
    table = {"kind": "table", "caption": "The frontier", "columns": columns, "rows": frontier}
    plots = [_draw(found, "megabytes", "MB"), _draw(found, "milliseconds", "ms")]
    figures: list[Any] = [plots, table]
    if found.importances:
        rows = [
            {"name": name, "model": "importance", "value": share}
            for name, share in found.importances.items()
        ]
        figures += [
            {"kind": "heading", "text": "Which settings mattered"},
            {
                "kind": "bars",
                "caption": "By what all candidates scored after their first, shortest training",
                "title": "importance",
                "unit": "share",
                "from_zero": True,
                "rows": rows,
            },
        ]
    lead = (
        "Candidates that no other one beats in score, size and time together. Scores are those of "
        "the validation examples, among which the best was chosen."
    )
    note = "" if found.importances else "Too few trials to tell which settings mattered."
    section = {"title": "The search", "nav": "Search", "lead": lead, "figures": figures}
    return {**section, **({"note": note} if note else {})}


def _draw(found: SearchResult, name: str, title: str) -> dict[str, Any]:
    """Return the frontier over one of the two costs."""
    points = [
        {"x": getattr(each.measured, name), "y": each.score, "series": "frontier"}
        for each in found.frontier
    ]
    y: dict[str, Any] = {"title": f"{found.measure.title}, validation"}
    y |= {"unit": "share"} if found.measure.unit == "share" else {}
    return {
        "kind": "curve",
        "caption": f"The frontier by {title}",
        "x": {"title": title, "unit": "decimal"},
        "y": y,
        "points": [{**point, "split": "training"} for point in points],
    }


def _unit(measure: Measure) -> str:
    return measure.unit if measure.unit in ("share", "points") else "number"
