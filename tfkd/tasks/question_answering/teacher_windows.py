"""What a teacher says of its own windows, told for the windows of a student."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...data.reader import Arrays
from ..windows import join_windows


def logits_for_rows(
    rows: Sequence[Arrays], teacher_rows: Sequence[Arrays], outputs: Sequence[Arrays]
) -> list[Arrays]:
    """Return a teacher's logits `[2, cells]` for each window of a student.

    A word has the logits of the teacher's window in which it is farthest from an edge. "No answer"
    is that of the teacher's window that shares most words with the student's, together with all
    words of it that the student does not see: where the answer is one of these, the student's
    window has none.

    Args:
        rows: The student's windows of one example.
        teacher_rows: The teacher's windows of the same example.
        outputs: The teacher's logits for these.
    """
    if _same(rows, teacher_rows):
        return [{"logits": np.asarray(each["logits"])} for each in outputs]
    words = [
        {"x": np.asarray(each["logits"])[:, 1:].T, "n": np.asarray(each["logits"])[:, 0]}
        for each in outputs
    ]
    places = [
        {"word_starts": np.asarray(row["word_starts"])[1:], "first_word": int(row["first_word"])}
        for row in teacher_rows
    ]
    joined = join_windows(places, words, "x")
    return [{"logits": _for_row(row, teacher_rows, words, joined)} for row in rows]


def _same(rows: Sequence[Arrays], others: Sequence[Arrays]) -> bool:
    return [_range(row) for row in rows] == [_range(row) for row in others]


def _range(row: Arrays) -> tuple[int, int]:
    first = int(row["first_word"])
    return first, first + len(row["word_starts"]) - 1


def _for_row(
    row: Arrays, teacher_rows: Sequence[Arrays], words: Sequence[Arrays], joined: np.ndarray
) -> np.ndarray:
    first, end = _range(row)
    ranges = [_range(each) for each in teacher_rows]
    shared = [min(end, until) - max(first, begin) for begin, until in ranges]
    best = int(np.argmax(shared))
    begin, until = ranges[best]
    outside = np.r_[begin : min(first, until), max(end, begin) : until]
    others = [words[best]["n"], *joined[outside]]
    none = np.logaddexp.reduce(np.array(others, "float64"), axis=0)
    return np.concatenate([none[None], joined[first:end]]).T.astype("float32")
