"""The plots of one run: calibration, confusion, slices, curves, robustness and fairness."""

from __future__ import annotations

import math
from typing import Any

from .plots import altair, by_model, finished, percent, share

MODELS = ("teacher", "student")
MOST_CLASSES = 20  # of a confusion matrix that can be read
PALETTE = [f"var(--c{number})" for number in range(1, 9)]


def reliability(found: dict, classes: int) -> dict[str, Any]:
    """Accuracy against confidence; what lies below the diagonal is too sure of itself."""
    alt = altair()
    rows = [{"model": name, **each} for name, of in found.items() for each in of["bins"]]
    least = math.floor(10 / max(2, classes)) / 10
    ends = [{"confidence": each, "accuracy": each} for each in (least, 1)]
    x = alt.X(
        "confidence:Q",
        title="confidence",
        axis=alt.Axis(format=".0%", tickCount=6),
        scale=alt.Scale(domain=[least, 1]),
    )
    y = share("accuracy", "share that is right", domain=[0, 1])
    ideal = alt.Chart(alt.Data(values=ends)).mark_line(
        strokeDash=[4, 4], strokeWidth=1, color="var(--muted)"
    )
    base = alt.Chart(alt.Data(values=rows)).encode(x, y, by_model(list(found)))
    points = base.mark_point(filled=True, opacity=0.9).encode(
        size=alt.Size("texts:Q", scale=alt.Scale(range=[30, 300]), legend=None),
        tooltip=[
            "model:N",
            percent("confidence", "confidence"),
            percent("accuracy", "right"),
            "texts:Q",
        ],
    )
    return finished(ideal.encode(x, y) + base.mark_line(strokeWidth=1.5) + points)


def confusion(found: dict, model: str) -> dict[str, Any] | None:
    """Labels down, answers across; the colour is the share of the label's texts."""
    alt, names = altair(), found["classes"]
    if len(names) > MOST_CLASSES:
        return None
    rows = [
        {"label": label, "answer": answer, "texts": texts, "share": texts / max(1, sum(row))}
        for label, row in zip(names, found[model], strict=True)
        for answer, texts in zip(names, row, strict=True)
    ]
    base = alt.Chart(alt.Data(values=rows)).encode(
        alt.X("answer:N", title="answer", sort=names, axis=alt.Axis(labelAngle=0)),
        alt.Y("label:N", title="label", sort=names),
    )
    squares = base.mark_rect(fill=f"var(--{model})", cornerRadius=3).encode(
        fillOpacity=alt.FillOpacity(
            "share:Q", scale=alt.Scale(domain=[0, 1], range=[0.05, 0.6]), legend=None
        ),
        tooltip=["label:N", "answer:N", "texts:Q"],
    )
    numbers = base.mark_text(fontSize=13, color="var(--ink)").encode(
        alt.Text("texts:Q", format=",")
    )
    return finished(squares + numbers, max(150, 34 * len(names) + 40))


def slices(found: list[dict], by: str) -> dict[str, Any]:
    """The accuracy of each slice with its 95 % interval."""
    alt = altair()
    parts = [each for each in found if each["by"] == by]
    models = [name for name in MODELS if name in parts[0]]
    rows = [
        {"slice": each["slice"], "texts": each["texts"], "model": name, **each[name]}
        for each in parts
        for name in models
    ]
    axis, scale = alt.Axis(format="~%", tickCount=5), alt.Scale(zero=False, padding=12)
    base = alt.Chart(alt.Data(values=rows)).encode(
        alt.Y("slice:N", title=None, sort=[each["slice"] for each in parts]),
        by_model(models),
        yOffset=alt.YOffset("model:N", sort=models),
    )
    lines = base.mark_rule(strokeWidth=2, opacity=0.5).encode(
        alt.X("low:Q", title="accuracy", axis=axis, scale=scale), alt.X2("high")
    )
    points = base.mark_point(filled=True, size=70, opacity=1).encode(
        alt.X("accuracy:Q"),
        tooltip=["slice:N", "texts:Q", "model:N", percent("accuracy", "accuracy")],
    )
    return finished(lines + points, 44 * len(parts) + 10)


def curve(history: dict, of: str) -> dict[str, Any] | None:
    """One training's accuracy, or its loss with each term; validation is dashed."""
    alt, rows = altair(), []
    for epoch in history["epochs"]:
        for name, value in epoch.items():
            term = name.removeprefix("val_")
            if name == "epoch" or (term == "accuracy") != (of == "accuracy"):
                continue
            split = "validation" if name.startswith("val_") else "training"
            rows.append({"epoch": epoch["epoch"], "term": term, "split": split, "value": value})
    if not rows:
        return None
    terms = list(dict.fromkeys(row["term"] for row in rows))
    log = of != "accuracy" and all(row["value"] > 0 for row in rows)
    y = alt.Y(
        "value:Q", title="loss, logarithmic" if log else of, axis=alt.Axis(format="~g", grid=False)
    )
    if log:
        y = y.scale(type="log")
    elif of == "accuracy":
        y = share("value", "accuracy")
    shown = {} if len(terms) > 1 else {"legend": None}
    chart = alt.Chart(alt.Data(values=rows)).encode(
        alt.X("epoch:Q", axis=alt.Axis(format="d", tickMinStep=1)),
        y,
        alt.Color("term:N", scale=alt.Scale(domain=terms, range=PALETTE), **shown),
        alt.StrokeDash(
            "split:N",
            scale=alt.Scale(domain=["training", "validation"], range=[[1, 0], [4, 3]]),
            legend=None,
        ),
        tooltip=["epoch:Q", "term:N", "split:N", alt.Tooltip("value:Q", format=".4f")],
    )
    return finished(chart.mark_line(strokeWidth=1.8, point=len(history["epochs"]) < 3))


def dots(rows: list[dict], row: str, value: str, title: str) -> dict[str, Any]:
    """A share for each row and model, as points on lines."""
    alt, names = altair(), list(dict.fromkeys(each[row] for each in rows))
    models = list(dict.fromkeys(each["model"] for each in rows))
    values = [each[value] for each in rows]
    ends = [0, max(0.1, *values)] if value == "flipped" else [_below(min(values)), 1]
    chart = alt.Chart(alt.Data(values=rows)).encode(
        alt.X(
            f"{value}:Q",
            title=title,
            axis=alt.Axis(format="~%", tickCount=5, labelBound=True),
            scale=alt.Scale(domain=ends, padding=18),
        ),
        alt.Y(f"{row}:N", title=None, sort=names, axis=alt.Axis(grid=True, labelLimit=220)),
        by_model(models),
        yOffset=alt.YOffset("model:N", sort=models),
        tooltip=[f"{row}:N", "model:N", percent(value, title)],
    )
    return finished(chart.mark_point(filled=True, size=80, opacity=1), 30 * len(names) + 10)


def _below(share: float) -> float:
    """The tenth that leaves some room below a share.

    >>> _below(0.96), _below(0.05)
    (0.8, 0.0)
    """
    return max(0.0, math.floor(share * 10 - 1) / 10)


def robustness(found: dict) -> dict[str, Any] | None:
    """How many answers each change of the texts flips."""
    rows = [
        {"change": each["change"], "model": name, "flipped": each[name]["flipped"]}
        for each in found["changes"]
        for name in MODELS
        if name in each
    ]
    return dots(rows, "change", "flipped", "answers that flip") if rows else None


def fairness(group: dict) -> dict[str, Any]:
    """The accuracy with each word in the template."""
    rows = [
        {"word": word, "model": name, "accuracy": value}
        for name in MODELS
        if name in group
        for word, value in zip(group["words"], group[name]["accuracy"], strict=True)
    ]
    return dots(rows, "word", "accuracy", "accuracy")
