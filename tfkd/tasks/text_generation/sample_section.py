"""Section of the report's page: what each model writes after the same beginnings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...data import Example, Schema

_TITLES = ("beginning", "model", "goes on")


def show_samples(
    answers: Mapping[str, Sequence[Any]], examples: Sequence[Example], schema: Schema
) -> dict[str, Any]:
    """Return what the models wrote after beginnings of texts of the test split.

    Args:
        answers: The answers to the examples by model.
        examples: The texts.
        schema: What the training split fixed.
    """
    rows = [
        [answer.prompt, model, answer.written]
        for place in range(len(examples))
        for model, given in answers.items()
        if (answer := given[place]).prompt
    ]
    table = {
        "kind": "table",
        "caption": "The same beginnings, continued by each model",
        "columns": [
            {"title": title, "unit": "name"} for title in ("beginning", "model", "goes on")
        ],
        "rows": rows,
        "note": "Drawn by one seed with the temperature of the settings; samples show what a model "
        "is like, the perplexity how good it is.",
    }
    return {"title": "What the models write", "nav": "Samples", "figures": [table]}
