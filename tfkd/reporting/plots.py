"""Vega-Lite specifications from the figures; colours are the page's, by the names of its CSS."""

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


def altair():
    """The library; `page.check_installed` has looked for it."""
    import altair

    return altair


def finished(chart, height: int = HEIGHT) -> dict[str, Any]:
    """As wide as the page lets it be, in the page's colours, as a dict."""
    return chart.properties(width="container", height=height).configure(**CONFIG).to_dict()


def share(name: str, title: str, **scale):
    """A y axis of shares, in percent."""
    alt = altair()
    axis = alt.Axis(format=".0%" if "domain" in scale else "~%", tickCount=6)
    return alt.Y(f"{name}:Q", title=title, axis=axis, scale=alt.Scale(zero=False, **scale))


def percent(name: str, title: str):
    """A line of a tooltip."""
    return altair().Tooltip(f"{name}:Q", title=title, format=".2%")


def by_model(names: list[str]):
    """The colour of each model, the same in all plots."""
    alt = altair()
    files = iter(EXPORTED * len(names))
    colours = [COLOURS[name] if name in COLOURS else next(files) for name in names]
    return alt.Color("model:N", scale=alt.Scale(domain=names, range=colours))


def scores(runs: list[dict]) -> dict[str, dict]:
    """Accuracy against size and against latency, of every model of every run."""
    rows = [
        {"run": run["name"], "model": row["name"], **row} for run in runs for row in run["rows"]
    ]
    axes = {
        "megabytes": "size in MB, logarithmic",
        "latency_p50": "milliseconds for one text, logarithmic",
    }
    charts = {
        measure: _against(measure, title, [row for row in rows if row[measure]], len(runs))
        for measure, title in axes.items()
    }
    return {measure: chart for measure, chart in charts.items() if chart}


def _against(measure: str, title: str, rows: list[dict], runs: int) -> dict | None:
    if not rows:
        return None
    alt = altair()
    keys = ("run", "model", "accuracy", measure)
    data = alt.Data(values=[{key: row[key] for key in keys} for row in rows])
    names, models = (list(dict.fromkeys(row[key] for row in rows)) for key in ("run", "model"))
    axis = alt.Axis(format="~g", tickCount=5, labelOverlap="greedy", grid=False)
    scale = alt.Scale(type="log", padding=24, nice=False)
    shape, shapes = ("run:N", names) if runs > 1 else ("model:N", models)
    below = {"orient": "bottom", "symbolFillColor": "var(--muted)", "symbolStrokeColor": "none"}
    legend = {"legend": alt.Legend(**below)} if runs > 1 else {}
    chart = alt.Chart(data).encode(
        alt.X(f"{measure}:Q", title=title, scale=scale, axis=axis),
        share("accuracy", "accuracy", padding=24),
        by_model(models),
        alt.Shape(shape, scale=alt.Scale(domain=shapes, range=SHAPES), **legend),
        tooltip=[
            *(alt.Tooltip(f"{key}:N") for key in ("run", "model")),
            percent("accuracy", "accuracy"),
            alt.Tooltip(f"{measure}:Q", title=title.partition(",")[0], format=",.3~r"),
        ],
    )
    return finished(chart.mark_point(filled=True, size=130, opacity=0.9), 300)
