"""Wrong answers that a teacher finds near a question: from them a student learns most."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...errors import UserError
from .vectors import unit

_ROWS = 1_000
"""Questions whose similarities are held at once."""


def mine_negatives(
    questions: np.ndarray,
    answers: np.ndarray,
    *,
    right: Sequence[Sequence[int]],
    count: int = 4,
    most: float = 0.95,
) -> list[list[int]]:
    """Return the places of wrong answers that are near each question, the nearest first.

    Answers that are nearer than `most` times the least near right one are left out, since they may
    be right as well (Moreira et al. 2024, arXiv:2407.15831, "TopK-PercPos").

    Args:
        questions: A teacher's vectors, `[questions, dimensions]`, as a store has them.
        answers: Those of all answers, `[answers, dimensions]`.
        right: The places of the right answers to each question; at least one.
        count: How many to return for each question at most.
        most: How near a wrong answer may be, as a share of the right one's cosine.

    Raises:
        UserError: Vectors of unlike widths, a question without a right answer, places beyond the
            answers.

    >>> mine_negatives(np.eye(2), np.array([[1.0, 0.1], [0.8, 0.6]]), right=[[0], [1]], count=1)
    [[1], [0]]
    """
    questions, answers = unit(questions), unit(answers)
    if questions.ndim != 2 or questions.shape[1:] != answers.shape[1:]:
        raise UserError(
            f"questions are {list(questions.shape)} and answers {list(answers.shape)}: give both "
            "as [texts, dimensions], of one teacher."
        )
    if len(right) != len(questions):
        raise UserError(f"right has {len(right)} entries for {len(questions)} questions.")
    if count < 1 or most <= 0:
        raise UserError(f"count is {count} and most {most}: write 1 or more, and more than 0.")
    found = []
    for start in range(0, len(questions), _ROWS):
        similar = questions[start : start + _ROWS] @ answers.T
        found += [
            _nearest(row, right[start + i], start + i, count, most) for i, row in enumerate(similar)
        ]
    return found


def _nearest(
    similar: np.ndarray, right: Sequence[int], question: int, count: int, most: float
) -> list[int]:
    places = np.asarray(list(right), int)
    if not len(places) or places.min() < 0 or places.max() >= len(similar):
        raise UserError(
            f"right answers of question {question} are {list(right)}: give at least one place from "
            f"0 to {len(similar) - 1}."
        )
    bound = most * float(similar[places].min())
    wrong = np.where(similar <= bound, similar, -np.inf)
    wrong[places] = -np.inf
    order = np.argsort(-wrong, kind="stable")[:count]
    return [int(place) for place in order if np.isfinite(wrong[place])]
