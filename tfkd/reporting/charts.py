"""Vega-Lite specifications of the figures of a section, one function for each `kind`.

A figure is plain values, so that a task adds a section to the page without HTML or JavaScript:

* `bars`: values by name and model, with an interval where rows have `low` and `high`,
* `matrix`: counts by label and answer,
* `curve`: points `x`, `y` of several `series`; of `x` with the unit `time` in ISO 8601. `marks` are
  vertical lines with a `label`.

The kinds `table` and `texts` need no plot; all five are described in `tfkd.reporting.page`.
"""

from __future__ import annotations

import math
from typing import Any

from .plots import COLOURS, altair, by_model, finish, percent, share_axis

MOST_CLASSES = 20
"""Classes of a matrix that can be read."""
PALETTE = [f"var(--c{number})" for number in range(1, 9)]


def draw(figure: dict[str, Any]) -> dict[str, Any] | None:
    """Return the specification of a figure, or `None` where there is nothing to draw."""
    chart = CHARTS.get(figure["kind"])
    return chart(figure) if chart else None


def bars(figure: dict[str, Any]) -> dict[str, Any] | None:
    """Draw a value for each name and model as points on lines, with their intervals."""
    rows = [row for row in figure["rows"] if row["value"] is not None]
    if not rows:
        return None
    alt, names = altair(), list(dict.fromkeys(row["name"] for row in rows))
    models = list(dict.fromkeys(row["model"] for row in rows))
    with_interval = all("low" in row for row in rows)
    values = [row["value"] for row in rows]
    ends = [0, max(0.1, *values)] if figure.get("from_zero") else [_tenth_below(min(values)), 1]
    if figure["unit"] != "share":
        scale = alt.Scale(zero=bool(figure.get("from_zero")), padding=18)
    elif with_interval:
        scale = alt.Scale(zero=False, padding=12)
    else:
        scale = alt.Scale(domain=ends, padding=18)
    axis = alt.Axis(
        format="~%" if figure["unit"] == "share" else "~g",
        tickCount=5,
        labelBound=not with_interval,
    )
    text = [key for key in ("texts",) if all(key in row for row in rows)]
    base = alt.Chart(alt.Data(values=rows)).encode(
        alt.Y(
            "name:N", title=None, sort=names, axis=alt.Axis(grid=not with_interval, labelLimit=220)
        ),
        by_model(models),
        yOffset=alt.YOffset("model:N", sort=models),
        tooltip=["name:N", *(f"{key}:Q" for key in text), "model:N", _tooltip(figure)],
    )
    points = base.mark_point(filled=True, size=70 if with_interval else 80, opacity=1).encode(
        alt.X("value:Q", title=figure["title"], axis=axis, scale=scale)
    )
    if not with_interval:
        return finish(points, 30 * len(names) + 10)
    lines = base.mark_rule(strokeWidth=2, opacity=0.5).encode(
        alt.X("low:Q", title=figure["title"], axis=axis, scale=scale), alt.X2("high")
    )
    return finish(lines + points, 44 * len(names) + 10)


def matrix(figure: dict[str, Any]) -> dict[str, Any] | None:
    """Draw labels down and answers across; the colour is the share of the label's examples."""
    alt, names = altair(), figure["names"]
    if len(names) > MOST_CLASSES:
        return None
    rows = [
        {"label": label, "answer": answer, "texts": texts, "share": texts / max(1, sum(counts))}
        for label, counts in zip(names, figure["counts"], strict=True)
        for answer, texts in zip(names, counts, strict=True)
    ]
    base = alt.Chart(alt.Data(values=rows)).encode(
        alt.X("answer:N", title="answer", sort=names, axis=alt.Axis(labelAngle=0)),
        alt.Y("label:N", title="label", sort=names),
    )
    colour = COLOURS.get(figure.get("model", ""), PALETTE[0])
    squares = base.mark_rect(fill=colour, cornerRadius=3).encode(
        fillOpacity=alt.FillOpacity(
            "share:Q", scale=alt.Scale(domain=[0, 1], range=[0.05, 0.6]), legend=None
        ),
        tooltip=["label:N", "answer:N", "texts:Q"],
    )
    numbers = base.mark_text(fontSize=13, color="var(--ink)").encode(
        alt.Text("texts:Q", format=",")
    )
    return finish(squares + numbers, max(150, 34 * len(names) + 40))


def curve(figure: dict[str, Any]) -> dict[str, Any] | None:
    """Draw lines through points; validation is dashed, and `texts` make a point larger."""
    rows = figure["points"]
    if not rows:
        return None
    alt, series = altair(), list(dict.fromkeys(row["series"] for row in rows))
    weighted = all("texts" in row for row in rows)
    x = _across(figure["x"])
    y = _curve_axis(figure["y"], [row["y"] for row in rows])
    if set(series) <= set(COLOURS):
        colour = by_model(series, field="series")
    else:
        legend = {} if len(series) > 1 else {"legend": None}
        scale = alt.Scale(domain=series, range=PALETTE)
        colour = alt.Color("series:N", scale=scale, **legend)
    dashes = alt.StrokeDash(
        "split:N",
        scale=alt.Scale(domain=["training", "validation"], range=[[1, 0], [4, 3]]),
        legend=None,
    )
    base = alt.Chart(alt.Data(values=rows)).encode(x, y, colour)
    if not weighted:
        few = len({row["x"] for row in rows}) < 3
        tooltip = [x.shorthand, "series:N", "split:N", alt.Tooltip("y:Q", format=".4f")]
        lines = base.encode(dashes, tooltip=tooltip).mark_line(strokeWidth=1.8, point=few)
        return finish(_marks(figure, x) + lines if figure.get("marks") else lines)
    points = base.mark_point(filled=True, opacity=0.9).encode(
        size=alt.Size("texts:Q", scale=alt.Scale(range=[30, 300]), legend=None),
        tooltip=["series:N", percent("x", figure["x"]["title"]), percent("y", "right"), "texts:Q"],
    )
    drawn = base.mark_line(strokeWidth=1.5) + points
    if not figure.get("diagonal"):
        return finish(drawn)
    ends = [{"x": end, "y": end} for end in figure["x"]["domain"]]
    ideal = alt.Chart(alt.Data(values=ends)).mark_line(
        strokeDash=[4, 4], strokeWidth=1, color="var(--muted)"
    )
    return finish(ideal.encode(x, y) + drawn)


CHARTS = {"bars": bars, "matrix": matrix, "curve": curve}


def _across(axis: dict[str, Any]) -> Any:
    """Return the x axis: times, shares, numbers, or whole numbers."""
    alt, unit = altair(), axis.get("unit")
    shown = {
        "share": {"format": ".0%", "tickCount": 6},
        "time": {"tickCount": 6, "labelOverlap": "greedy"},
        "decimal": {"format": "~g", "tickCount": 6},
    }.get(unit or "", {"format": "d", "tickMinStep": 1})
    scale = {"domain": axis["domain"]} if "domain" in axis else {}
    scale |= {"type": "utc"} if unit == "time" else {}
    return alt.X(
        "x:T" if unit == "time" else "x:Q",
        title=axis["title"],
        axis=alt.Axis(**shown),
        **({"scale": alt.Scale(**scale)} if scale else {}),
    )


def _marks(figure: dict[str, Any], x: Any) -> Any:
    """Draw vertical lines where something happened, and say what on a look."""
    alt = altair()
    chart = alt.Chart(alt.Data(values=figure["marks"])).mark_rule(
        strokeDash=[3, 3], strokeWidth=1.5, color="var(--ink)"
    )
    return chart.encode(x, tooltip=["label:N", x.shorthand])


def _curve_axis(axis: dict[str, Any], values: list[float]) -> Any:
    """Return the y axis: shares within a domain, shares, logarithmic where possible, or plain."""
    alt = altair()
    if axis.get("unit") == "share":
        domain = {"domain": axis["domain"]} if "domain" in axis else {}
        return share_axis("y", axis["title"], **domain)
    logarithmic = axis.get("logarithmic") and all(value > 0 for value in values)
    title = f"{axis['title']}, logarithmic" if logarithmic else axis["title"]
    y = alt.Y("y:Q", title=title, axis=alt.Axis(format="~g", grid=False))
    return y.scale(type="log") if logarithmic else y


def _tooltip(figure: dict[str, Any]) -> Any:
    if figure["unit"] == "share":
        return percent("value", figure["title"])
    return altair().Tooltip("value:Q", title=figure["title"], format=".4f")


def _tenth_below(share: float) -> float:
    """Return the tenth that leaves some room below a share.

    >>> _tenth_below(0.96), _tenth_below(0.05)
    (0.8, 0.0)
    """
    return max(0.0, math.floor(share * 10 - 1) / 10)
