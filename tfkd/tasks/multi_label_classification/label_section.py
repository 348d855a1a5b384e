"""Section of the report's page: precision, recall and F1 of each label."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...data import Example, Schema
from .answering import chosen_labels, true_labels
from .label_scores import counts_by_label


def by_label(
    answers: Mapping[str, Sequence[Any]], examples: Sequence[Example], schema: Schema
) -> dict[str, Any]:
    """Return precision, recall and F1 of each label and model, and the threshold of the label.

    Args:
        answers: The answers to the examples by model.
        examples: Those without labels do not count.
        schema: Names the labels.
    """
    truth, known = true_labels(examples, len(schema.labels))
    figures: list[Any] = []
    for model, given in answers.items():
        chosen = chosen_labels(given)[known]
        hits, predicted, right = counts_by_label(chosen, truth[known])
        rows = [
            [
                name,
                *(_share(hits[i], predicted[i]), _share(hits[i], right[i])),
                _share(2 * hits[i], predicted[i] + right[i]),
                int(right[i]),
                int(predicted[i]),
            ]
            for i, name in enumerate(schema.labels)
        ]
        figures.append(
            {
                "kind": "table",
                "caption": model.capitalize(),
                "sortable": True,
                "columns": [
                    {"title": "label", "unit": "name"},
                    *({"title": title, "unit": "share"} for title in ("precision", "recall", "F1")),
                    *({"title": title, "unit": "count"} for title in ("texts", "answers")),
                ],
                "rows": rows,
            }
        )
    return {
        "title": "How well each label is found",
        "nav": "Labels",
        "figures": figures,
        "note": "Precision is the share of the answers that are right, recall the share of the "
        "texts with this label that got it. The threshold of each label was chosen on the "
        "validation texts, for the greatest F1.",
    }


def _share(part: np.integer, whole: np.integer) -> float:
    return float(part / whole) if whole else 0.0
