"""How well the models answer parts of the test examples: by length, label, or a column."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ...data.columns import KEPT
from ..column_parts import split_by_values
from ..intervals import share_interval
from .answers import Answers

CAPTIONS = {"length": "By the length of the text, in quarters", "label": "By label"}


def slices(answers: Answers) -> dict[str, Any]:
    """Return the quality of each model on each part, with its 95 % interval."""
    title = answers.quality_title
    quality = answers.quality()
    by_words = slice_by_words(answers.texts()) if answers.task.reads_texts else []
    parts = [
        (by, name, scores)
        for by, name, rows in (
            *_slice_by_column(answers),
            *by_words,
            *_slice_by_label(answers),
        )
        if (scores := _score_part(quality, name, rows))
    ]
    plots = [
        {
            "kind": "bars",
            "caption": caption,
            "title": title,
            "unit": "share",
            "rows": [row for of, _, scores in parts if of == by for row in scores],
        }
        for by, caption in {_column_key(answers): f"By {answers.by}", **CAPTIONS}.items()
        if any(of == by for of, _, _ in parts)
    ]
    columns = [
        {"title": heading, "unit": "share"} for name in quality for heading in (name, "from", "to")
    ]
    table = {
        "kind": "table",
        "caption": f"{answers.quality_heading} of parts",
        "sortable": True,
        "columns": [
            {"title": "part", "unit": "name"},
            {"title": "texts", "unit": "count"},
            *columns,
        ],
        "rows": [
            [
                *(f"{by}: {name}", scores[0]["texts"]),
                *(score[key] for score in scores for key in ("value", "low", "high")),
            ]
            for by, name, scores in parts
        ],
    }
    by_label = any(of == "label" for of, _, _ in parts)
    recall = f" By label, the {title} is the recall of that class." if by_label else ""
    return {
        "title": "Parts of the test texts",
        "nav": "Slices",
        "figures": [plots, table],
        "note": f"The lines are 95 % intervals (Wilson).{recall}",
    }


def slice_by_words(texts: list[str]) -> list[tuple[str, str, np.ndarray]]:
    """Return four parts of about as many texts, by the number of words.

    >>> parts = slice_by_words(["a", "a b", "a b c", "a b c d"])
    >>> [(name, rows.tolist()) for _, name, rows in parts]
    [('1 words', [0]), ('2 words', [1]), ('3 words', [2]), ('4 words', [3])]
    """
    words = np.array([len(text.split()) for text in texts])
    edges = np.unique(np.quantile(words, [0.25, 0.5, 0.75]))
    quarters = np.searchsorted(edges, words, side="left")
    parts = (np.flatnonzero(quarters == quarter) for quarter in np.unique(quarters))
    return [("length", f"{_span(words[rows])} words", rows) for rows in parts]


def _span(words: np.ndarray) -> str:
    least, most = int(words.min()), int(words.max())
    return f"{least:,} to {most:,}" if least < most else f"{least:,}"


def _slice_by_column(answers: Answers) -> list[tuple[str, str, np.ndarray]]:
    """Return a part for each value of a column, or for quarters of its numbers."""
    if not answers.by:
        return []
    values = [example.get(KEPT) for example in answers.examples]
    key = _column_key(answers)
    return [(key, name, rows) for name, rows in split_by_values(values, answers.by).items()]


def _column_key(answers: Answers) -> str:
    """Return what the parts by a column are called, which may be called as other parts are."""
    return f"column {answers.by}" if answers.by in CAPTIONS else answers.by


def _slice_by_label(answers: Answers) -> list[tuple[str, str, np.ndarray]]:
    """Return a part for each class, where an example has one class."""
    labels = [example.get("label") for example in answers.examples]
    ids = np.array([label if isinstance(label, (int, np.integer)) else -1 for label in labels])
    parts = ((name, np.flatnonzero(ids == i)) for i, name in enumerate(answers.schema.labels))
    return [("label", name, rows) for name, rows in parts if len(rows)]


def _score_part(
    quality: Mapping[str, np.ndarray], name: str, rows: np.ndarray
) -> list[dict[str, Any]]:
    """Return the mean of each model with its interval; nothing where no example has a label."""
    scores = []
    for model, values in quality.items():
        known = values[rows][~np.isnan(values[rows])]
        if len(known):
            low, high = share_interval(float(known.sum()), len(known))
            value = float(known.sum()) / len(known)
            scores.append(
                {"name": name, "texts": len(rows), "model": model}
                | {"value": value, "low": low, "high": high}
            )
    return scores
