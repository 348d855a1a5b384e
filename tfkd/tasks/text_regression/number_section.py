"""Section of the report's page: the numbers that were answered, by the right ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...data import Example, Schema

PARTS = 10
"Parts of about as many texts, by their number."


def by_number(
    answers: Mapping[str, Sequence[Any]], examples: Sequence[Example], schema: Schema
) -> dict[str, Any]:
    """Return the mean answer and error for parts of the texts, from low numbers to high ones.

    Args:
        answers: The answers to the examples by model.
        examples: Those without a number do not count.
        schema: What the training split fixed.
    """
    known = [i for i, example in enumerate(examples) if example.get("label") is not None]
    truth = np.array([examples[i]["label"] for i in known])
    edges = np.unique(np.quantile(truth, np.linspace(0, 1, PARTS + 1)[1:-1]))
    parts = np.searchsorted(edges, truth, side="left")
    points, rows = [], []
    for model, given in answers.items():
        values = np.array([given[i].value for i in known])
        for part in np.unique(parts):
            inside = parts == part
            count, right = int(inside.sum()), float(truth[inside].mean())
            mean = float(values[inside].mean())
            points.append({"series": model, "x": right, "y": mean, "texts": count})
            error = float(np.abs(values[inside] - truth[inside]).mean())
            rows.append([model, right, mean, error, count])
    numbers = [*truth.tolist(), *(point["y"] for point in points)]
    domain = [min(numbers), max(numbers)]
    curve = {
        "kind": "curve",
        "caption": "Mean answer by the right number; the dashed line is perfect",
        "x": {"title": "right number", "unit": "number", "domain": domain},
        "y": {"title": "mean answer", "unit": "number", "domain": domain},
        "points": points,
        "diagonal": True,
    }
    table = {
        "kind": "table",
        "caption": "Parts of the texts, by their number",
        "columns": [
            {"title": "model", "unit": "name"},
            *(
                {"title": title, "unit": "number"}
                for title in ("right number", "mean answer", "mean absolute error")
            ),
            {"title": "texts", "unit": "count"},
        ],
        "rows": rows,
        "note": "A student that is not sure answers nearer to the mean: low numbers too high, "
        "high ones too low.",
    }
    return {"title": "Which numbers are answered", "nav": "Numbers", "figures": [[curve, [table]]]}
