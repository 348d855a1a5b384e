"""The examples on which student and teacher differ most."""

from __future__ import annotations

from typing import Any

import numpy as np

from .answers import Answers

SHOWN = 200
_APART = (
    "The difference is half the sum over all classes of how far the probabilities lie apart: "
    "0 % the same, 100 % opposite. "
)
_OF_LABELS = "A label can be wrong, too."
_OF_TEXTS = "The difference is 100 % less the chrF between both texts, 0 % where they are equal."


def most_different(answers: Answers, most: int) -> np.ndarray:
    """Return the positions of the examples that differ most, the widest difference first.

    Without a teacher, those that the student is least sure of.
    """
    if answers.teacher is not None:
        distances = answers.task.distances(answers.teacher, answers.student)
        return np.argsort(-distances, kind="stable")[:most]
    confidences = [answers.task.confidence(answer) or 0.0 for answer in answers.student]
    return np.argsort(confidences, kind="stable")[:most]


def differences(answers: Answers) -> dict[str, Any]:
    """Return how many answers differ, who was right then, and the examples that differ most."""
    section = {"title": "Where student and teacher differ", "nav": "Differences"}
    if answers.teacher is None:
        why = answers.facts.get("teacher_missing", "no teacher")
        return {**section, "figures": [], "note": f"Not known without the teacher: {why}."}
    task, quality = answers.task, answers.quality()
    other = ~task.same(answers.teacher, answers.student)
    distances = task.distances(answers.teacher, answers.student)
    rows = most_different(answers, SHOWN)
    if task.writes:
        better, word = _nearer(quality), "nearer to the reference"
    else:
        better, word = {model: values == 1 for model, values in quality.items()}, "right"
    with_confidence = not task.writes and task.confidence(answers.student[0]) is not None
    lead = [
        *("The answers differ on ", _count(other.sum()), " of ", _count(len(other))),
        *(f" texts. Of these the teacher is {word} on ", _count(sum(other & better["teacher"]))),
        *(", the student on ", _count(sum(other & better["student"]))),
        f". Below are the {len(rows)} texts whose "
        f"{'probabilities lie' if with_confidence else 'answers are'} furthest apart, the widest "
        "first.",
    ]
    columns = [{"title": "text", "unit": "text"}, {"title": "label", "unit": "words"}]
    for model in answers.by_model:
        columns.append({"title": model, "unit": "text" if task.writes else "answer"})
        if with_confidence:
            columns.append({"title": "its probability", "unit": "share"})
    texts, lines = answers.texts(), []
    for i in rows.tolist():
        cells: list[Any] = [texts[i], answers.expected(answers.examples[i])]
        for model, replies in answers.by_model.items():
            told = task.summarize(replies[i])
            right = {"answer": told, "right": bool(better[model][i])}
            cells.append(told if task.writes else right)
            if with_confidence:
                cells.append(task.confidence(replies[i]))
        lines.append([*cells, float(distances[i])])
    table = {
        "kind": "table",
        "caption": "Texts on which student and teacher differ",
        "sortable": True,
        "tall": True,
        "columns": [*columns, {"title": "difference", "unit": "share"}],
        "rows": lines,
    }
    note = f"{_APART if with_confidence else ''}{_OF_TEXTS if task.writes else _OF_LABELS}"
    return {**section, "lead": lead, "figures": [table], "note": note}


def _nearer(quality: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return of both models where each is better than the other one, `[examples]`, bool."""
    teacher, student = quality["teacher"], quality["student"]
    return {"teacher": teacher > student, "student": student > teacher}


def _count(value: int) -> dict[str, Any]:
    return {"value": int(value), "unit": "count"}
