"""Sections of the report's page about single classes: their scores, and what they are taken for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...data import Example, Schema

MOST_CONFUSIONS = 20
"""Pairs of label and answer in the table of confusions."""
FEW_CLASSES = 10
"""Up to so many classes, the matrix alone shows what is confused with what."""


def scores_by_class(counts: np.ndarray) -> dict[str, np.ndarray]:
    """Return precision, recall and F1 of each class, and how many labels it has: `[classes]`.

    A class that is never answered has precision 0, as in scikit-learn's `classification_report`.

    Args:
        counts: How often each label, down, got each answer, across: `[classes, classes]`.

    >>> scores = scores_by_class(np.array([[3, 1], [0, 4]]))
    >>> scores["precision"].tolist(), scores["recall"].tolist(), scores["support"].tolist()
    ([1.0, 0.8], [0.75, 1.0], [4, 4])
    """
    hits, support, answered = np.diag(counts), counts.sum(axis=1), counts.sum(axis=0)
    return {
        "precision": hits / np.maximum(answered, 1),
        "recall": hits / np.maximum(support, 1),
        "f1": 2 * hits / np.maximum(support + answered, 1),
        "support": support,
    }


def count_answers(
    predictions: Sequence[Any], examples: Sequence[Example], schema: Schema
) -> np.ndarray:
    """Return how often each label, down, got each answer, across: `[classes, classes]`.

    Args:
        predictions: The answers of one model.
        examples: Those without a label do not count.
        schema: Names the classes.
    """
    labels = np.array([example["label"] for example in examples])
    size, ids = len(schema.labels), {name: i for i, name in enumerate(schema.labels)}
    predicted = np.array([ids[answer.label] for answer in predictions])
    cells = (labels * size + predicted)[labels >= 0]
    return np.bincount(cells, minlength=size**2).reshape(size, size)


def classes(
    answers: Mapping[str, Sequence[Any]], examples: Sequence[Example], schema: Schema
) -> dict[str, Any]:
    """Return precision, recall and F1 of each class by model, with their means.

    Args:
        answers: The answers to the examples by model.
        examples: Those without a label do not count.
        schema: Names the classes.
    """
    counts = [count_answers(predictions, examples, schema) for predictions in answers.values()]
    models = [scores_by_class(matrix) for matrix in counts]
    # As in scikit-learn, a class with neither a label nor an answer is no part of the mean.
    known = [matrix.sum(axis=0) + matrix.sum(axis=1) > 0 for matrix in counts]
    support, keys = models[0]["support"], ("precision", "recall", "f1")
    columns = [{"title": "class", "unit": "name"}, {"title": "texts", "unit": "count"}]
    for model in answers:
        columns += [{"title": f"{model} precision", "unit": "share"}]
        columns += [{"title": title, "unit": "share"} for title in ("recall", "F1")]
    rows = [
        [name, int(support[i]), *(float(scores[key][i]) for scores in models for key in keys)]
        for i, name in enumerate(schema.labels)
    ]
    total = int(support.sum())
    plain = [float(m[key][k].mean()) for m, k in zip(models, known, strict=True) for key in keys]
    weighted = [float(m[key] @ support) / max(1, total) for m in models for key in keys]
    means = [["mean over classes", total, *plain], ["mean over texts", total, *weighted]]
    table = {
        "kind": "table",
        "caption": "Precision, recall and F1 of each class",
        "sortable": True,
        "tall": len(rows) > FEW_CLASSES,
        "columns": columns,
        "rows": rows,
        "totals": means,
    }
    return {
        "title": "How good is each class?",
        "nav": "Classes",
        "figures": [table],
        "note": "Precision: the share of answers of this class that are right. Recall: the share "
        "of its texts that get this answer. F1 is their harmonic mean. Classes with few texts "
        "have uncertain scores.",
    }


def confusion(
    answers: Mapping[str, Sequence[Any]], examples: Sequence[Example], schema: Schema
) -> dict[str, Any]:
    """Return for each model how often each label got each answer, and the worst confusions.

    Args:
        answers: The answers to the examples by model.
        examples: Those without a label do not count.
        schema: Names the classes.
    """
    counts = {
        model: count_answers(predictions, examples, schema)
        for model, predictions in answers.items()
    }
    matrices = [
        {
            "kind": "matrix",
            "caption": model.capitalize(),
            "model": model,
            "names": list(schema.labels),
            "counts": matrix.tolist(),
        }
        for model, matrix in counts.items()
    ]
    figures: list[Any] = [matrices]
    if len(schema.labels) > FEW_CLASSES:
        figures.append(_most_confused(counts, schema.labels))
    return {
        "title": "Which class is taken for which",
        "nav": "Confusions",
        "figures": figures,
    }


def _most_confused(counts: Mapping[str, np.ndarray], names: Sequence[str]) -> dict[str, Any]:
    """Return a table of the pairs that the last model, the student, confuses most often."""
    last = list(counts.values())[-1].copy()
    np.fill_diagonal(last, 0)
    order = np.argsort(-last, axis=None, kind="stable")[:MOST_CONFUSIONS]
    places = [divmod(int(place), len(names)) for place in order if last.flat[place]]
    support = last.sum(axis=1) + np.diag(list(counts.values())[-1])
    return {
        "kind": "table",
        "caption": "The most frequent confusions",
        "sortable": True,
        "columns": [
            {"title": "label", "unit": "name"},
            {"title": "is taken for", "unit": "words"},
            *({"title": f"by the {model}", "unit": "count"} for model in counts),
            {"title": "of so many texts", "unit": "count"},
        ],
        "rows": [
            [names[label], names[answer]]
            + [int(matrix[label, answer]) for matrix in counts.values()]
            + [int(support[label])]
            for label, answer in places
        ],
    }
