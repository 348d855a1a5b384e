"""Whether two tokenizers cut the examples of a data set into the same rows."""

from __future__ import annotations

import numpy as np

from ..errors import UserError
from ..text.words import FIRST_WORD, WORD_STARTS
from .encoded import Encoded


def find_same_rows(one: Encoded, other: Encoded) -> np.ndarray:
    """Return which examples have the same rows in both, `[examples]`, bool.

    Rows are the same where they hold the same words, and of tasks that know no words, where an
    example has as many rows in both.

    Args:
        one: The examples as one model reads them.
        other: The same examples as another model does.
    """
    names = (WORD_STARTS, FIRST_WORD)
    starts, others = one.first_rows(), other.first_rows()
    counts = np.diff(starts, append=len(one))
    same = counts == np.diff(others, append=len(other))
    if not all(name in each.columns for name in names for each in (one, other)):
        return same
    rows = np.flatnonzero(np.repeat(same, counts))
    examples = np.repeat(np.arange(len(starts)), counts)[rows]
    matching = others[examples] + (rows - starts[examples])
    for name in names:
        unlike = one.numbers(name)[rows] != other.numbers(name)[matching]
        same[examples[unlike]] = False
    return same


def check_same_rows(student: Encoded, teacher: Encoded) -> None:
    """Refuse a teacher for every step that cuts examples into other rows than its student.

    Args:
        student: The examples as the student reads them.
        teacher: The same as the teacher does.

    Raises:
        UserError: Such a teacher.
    """
    other = int((~find_same_rows(student, teacher)).sum())
    if other:
        raise UserError(
            f"the teacher reads {other:,} of {student.examples:,} texts in other windows than its "
            "student, so it cannot run in every step: store its outputs (leave out --no-cache and "
            "losses on hidden layers), or give both lengths in which each text is one row "
            "(--max-length, --teacher-max-length)."
        )
