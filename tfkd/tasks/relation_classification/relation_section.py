"""A section of the report's page: how good is each relation, and is its direction right?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...data import Example, Schema
from .relation_scores import RelationsOfClasses, count_relations, find_negative


def relations(
    answers: Mapping[str, Sequence[Any]], examples: Sequence[Example], schema: Schema
) -> dict[str, Any]:
    """Return precision, recall and F1 of each relation by model, and how often it is reversed.

    Args:
        answers: The answers to the examples by model.
        examples: Those without a label do not count.
        schema: Names the classes.
    """
    negative = find_negative(schema.labels, schema.settings.get("other", ""))
    known = RelationsOfClasses.of(schema.labels, negative)
    labels = np.array([example["label"] for example in examples])
    ids = {name: i for i, name in enumerate(schema.labels)}
    columns = [{"title": "relation", "unit": "name"}, {"title": "texts", "unit": "count"}]
    counts = []
    for model, predictions in answers.items():
        answered = np.array([ids[each.label] for each in predictions])[labels >= 0]
        counts.append(count_relations(known, labels[labels >= 0], answered))
        columns += [{"title": f"{model} precision", "unit": "share"}]
        columns += [{"title": title, "unit": "share"} for title in ("recall", "F1")]
        columns += [{"title": "reversed", "unit": "count"}]
    rows = [
        [name, int(counts[0]["labels"][i]), *(value for each in counts for value in _row(each, i))]
        for i, name in enumerate(known.names)
    ]
    table = {
        "kind": "table",
        "caption": "Precision, recall and F1 of each relation, both directions together",
        "sortable": True,
        "columns": columns,
        "rows": rows,
    }
    note = "Reversed: the right relation in the wrong direction, which is a wrong answer."
    return {
        "title": "How good is each relation?",
        "nav": "Relations",
        "figures": [table],
        "note": f"{note} {negative!r} is no relation and has no row." if negative else note,
    }


def _row(counts: Mapping[str, np.ndarray], i: int) -> list[Any]:
    right, labels, answers = (int(counts[key][i]) for key in ("right", "labels", "answers"))
    return [
        right / max(answers, 1),
        right / max(labels, 1),
        2 * right / max(labels + answers, 1),
        int(counts["reversed"][i]),
    ]
