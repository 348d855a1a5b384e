"""The look of all plots, and those of scores against cost; colours are named in the page's CSS."""

from __future__ import annotations

from typing import Any

HEIGHT = 260
COLOURS = {
    "teacher": "var(--teacher)",
    "alone": "var(--alone)",
    "distilled": "var(--distilled)",
    "student": "var(--student)",
}
EXPORTED = ["var(--student)", "var(--c5)", "var(--c6)", "var(--c7)"]
SHAPES = ["circle", "square", "diamond", "triangle-up", "cross", "triangle-down", "stroke"]
AXES = {
    "megabytes": "size in MB, logarithmic",
    "latency_p50": "milliseconds for one text, logarithmic",
}
_QUIET = {"labelColor": "var(--muted)", "titleColor": "var(--muted)"}
_SIZES = {"labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal"}
_LINES = dict.fromkeys(("gridColor", "domainColor", "tickColor"), "var(--line)")
CONFIG: dict[str, Any] = {
    "background": "transparent",
    "font": "system-ui, -apple-system, 'Segoe UI', sans-serif",
    "view": {"stroke": None},
    "axis": {**_QUIET, **_SIZES, **_LINES, "labelLimit": 150},
    "legend": {**_QUIET, **_SIZES, "orient": "top", "title": None, "columns": 2},
}


def altair() -> Any:
    """Return the library; `page.check_installed` has looked for it."""
    import altair

    return altair


def finish(chart: Any, height: int = HEIGHT) -> dict[str, Any]:
    """Return a chart as a dict, as wide as the page lets it be and in the page's colours."""
    return chart.properties(width="container", height=height).configure(**CONFIG).to_dict()


def share_axis(name: str, title: str, **scale: Any) -> Any:
    """Return a y axis of shares, in percent."""
    alt = altair()
    axis = alt.Axis(format=".0%" if "domain" in scale else "~%", tickCount=6)
    return alt.Y(f"{name}:Q", title=title, axis=axis, scale=alt.Scale(zero=False, **scale))


def percent(name: str, title: str) -> Any:
    """Return a line of a tooltip that shows a share."""
    return altair().Tooltip(f"{name}:Q", title=title, format=".2%")


def by_model(names: list[str], field: str = "model") -> Any:
    """Return the colour of each model, the same in all plots."""
    alt = altair()
    files = iter(EXPORTED * len(names))
    colours = [COLOURS[name] if name in COLOURS else next(files) for name in names]
    return alt.Color(f"{field}:N", scale=alt.Scale(domain=names, range=colours))


def scores(runs: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Draw the headline against size and against latency, of every model of every run.

    Runs whose headline is not that of the first run are left out.
    """
    if not runs or not runs[0]["measures"]:
        return {}
    headline, measure = next(iter(runs[0]["measures"].items()))
    rows = [
        {"run": run["name"], "model": row["name"], "score": row["scores"][headline], **row}
        for run in runs
        for row in run["rows"]
        if next(iter(run["measures"]), "") == headline and headline in row["scores"]
    ]
    for row in rows:
        row["low"], row["high"] = row.get("interval") or (None, None)
        if measure["unit"] == "points":
            row |= {key: row[key] and 100 * row[key] for key in ("score", "low", "high")}
    charts = {}
    for cost in AXES:
        keys = ("run", "model", "score", "low", "high", cost)
        known = [{key: row[key] for key in keys} for row in rows if row[cost]]
        if known:
            charts[cost] = _score_against(cost, known, measure, len(runs))
    return charts


def _score_against(
    cost: str, rows: list[dict[str, Any]], measure: dict[str, Any], runs: int
) -> dict[str, Any]:
    alt, title = altair(), measure["title"]
    names, models = (list(dict.fromkeys(row[key] for row in rows)) for key in ("run", "model"))
    axis = alt.Axis(format="~g", tickCount=5, labelOverlap="greedy", grid=False)
    scale = alt.Scale(type="log", padding=24, nice=False)
    shape, shapes = ("run:N", names) if runs > 1 else ("model:N", models)
    below = {"orient": "bottom", "symbolFillColor": "var(--muted)", "symbolStrokeColor": "none"}
    legend = {"legend": alt.Legend(**below)} if runs > 1 else {}
    if measure["unit"] == "share":
        y, tooltip = share_axis("score", title, padding=24), percent("score", title)
    else:
        y = alt.Y("score:Q", title=title, scale=alt.Scale(zero=False, padding=24))
        places = ".2f" if measure["unit"] == "points" else ".4f"
        tooltip = alt.Tooltip("score:Q", title=title, format=places)
    chart = alt.Chart(alt.Data(values=rows)).encode(
        alt.X(f"{cost}:Q", title=AXES[cost], scale=scale, axis=axis),
        y,
        by_model(models),
        tooltip=[
            *(alt.Tooltip(f"{key}:N") for key in ("run", "model")),
            tooltip,
            alt.Tooltip(f"{cost}:Q", title=AXES[cost].partition(",")[0], format=",.3~r"),
        ],
    )
    points = chart.mark_point(filled=True, size=130, opacity=0.9).encode(
        alt.Shape(shape, scale=alt.Scale(domain=shapes, range=SHAPES), **legend)
    )
    if any(row["low"] is None for row in rows):
        return finish(points, 300)
    intervals = chart.mark_rule(strokeWidth=1.5, opacity=0.45).encode(
        alt.Y("low:Q", title=title), alt.Y2("high")
    )
    return finish(intervals + points, 300)
