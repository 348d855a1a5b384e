"""The texts on which student and teacher differ most."""

from __future__ import annotations

import numpy as np

from .answers import Answers

SHOWN = 200


def apart(teacher: np.ndarray, student: np.ndarray) -> np.ndarray:
    """Half the sum of the differences of probabilities, `[texts]`: 0 the same, 1 opposite.

    >>> apart(np.array([[0.9, 0.1]]), np.array([[0.2, 0.8]])).round(2).tolist()
    [0.7]
    """
    return np.abs(teacher - student).sum(axis=1) / 2


def widest(answers: Answers, most: int) -> np.ndarray:
    """The positions of the texts that differ most, the widest difference first.

    Without a teacher, those that the student is least sure of.
    """
    if answers.teacher is None:
        return np.argsort(answers.student.max(axis=1), kind="stable")[:most]
    return np.argsort(-apart(answers.teacher, answers.student), kind="stable")[:most]


def differences(answers: Answers) -> dict | None:
    """How many answers differ, who was right then, and the texts that differ most."""
    if answers.teacher is None:
        return None
    teacher, student = answers.teacher.argmax(axis=1), answers.student.argmax(axis=1)
    other, labels = teacher != student, answers.labels
    far = apart(answers.teacher, answers.student)
    return {
        "texts": len(labels),
        "other_answers": int(other.sum()),
        "teacher_right": int(np.sum(other & (teacher == labels))),
        "student_right": int(np.sum(other & (student == labels))),
        "shown": [_one(answers, i, float(far[i])) for i in widest(answers, SHOWN)],
    }


def _one(answers: Answers, i: int, difference: float) -> dict:
    return {
        "text": answers.texts[i],
        "label": answers.classes[answers.labels[i]],
        **{name: _answer(answers, likely[i]) for name, likely in answers.both.items()},
        "difference": difference,
    }


def _answer(answers: Answers, likely: np.ndarray) -> dict:
    best = int(likely.argmax())
    return {"answer": answers.classes[best], "probability": float(likely[best])}
