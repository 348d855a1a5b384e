"""What a model says of each word, put together from overlapping windows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..data.reader import Arrays
from ..text.words import FIRST_WORD, WORD_STARTS


def join_windows(rows: Sequence[Arrays], outputs: Sequence[Arrays], name: str) -> np.ndarray:
    """Return the outputs of each word of an example, `[words, ...]`.

    Of the windows that hold a word, the one in which it stands farthest from an edge counts, since
    a model knows most of what is around it there. The first word of a text and its last one are no
    edges. Of two equal ones the first counts.

    Args:
        rows: The windows of the example, with `word_starts` and `first_word`.
        outputs: A model's outputs for each of them.
        name: Which of them; its first axis is that of the words.

    >>> rows = [
    ...     {"word_starts": [1, 2, 3], "first_word": 0},
    ...     {"word_starts": [1, 2], "first_word": 2},
    ... ]
    >>> join_windows(rows, [{"x": np.array([1, 1, 1])}, {"x": np.array([2, 2])}], "x").tolist()
    [1, 1, 1, 2]
    """
    if len(rows) == 1:
        return np.asarray(outputs[0][name])[: np.size(rows[0][WORD_STARTS])]
    firsts = [int(row[FIRST_WORD]) for row in rows]
    sizes = [int(np.size(row[WORD_STARTS])) for row in rows]
    words = max(first + size for first, size in zip(firsts, sizes, strict=True))
    farthest = np.full(words, -1, "int64")
    arrays = [np.asarray(each[name]) for each in outputs]
    joined = np.zeros((words, *arrays[0].shape[1:]), arrays[0].dtype)
    for first, size, array in zip(firsts, sizes, arrays, strict=True):
        place = np.arange(size)
        before = place if first else np.full(size, words)
        behind = size - 1 - place if first + size < words else np.full(size, words)
        distance = np.minimum(before, behind)
        better = distance > farthest[first : first + size]
        joined[first : first + size][better] = array[:size][better]
        farthest[first : first + size][better] = distance[better]
    return joined


def rejoin_windows(
    rows: Sequence[Arrays], others: Sequence[Arrays], outputs: Sequence[Arrays]
) -> list[Arrays]:
    """Return outputs for some windows of an example as outputs for other windows of it.

    Args:
        rows: The windows that outputs are wanted for.
        others: Those that a model read.
        outputs: Its outputs for each of these, by name; their first axis is that of the words.

    >>> rows = [{"word_starts": [1, 2], "first_word": 1}]
    >>> others = [{"word_starts": [1, 3, 4], "first_word": 0}]
    >>> rejoin_windows(rows, others, [{"x": np.array([5, 6, 7])}])
    [{'x': array([6, 7])}]
    """
    joined = {name: join_windows(others, outputs, name) for name in outputs[0]}
    spans = [slice(int(row[FIRST_WORD]), None) for row in rows]
    sizes = [int(np.size(row[WORD_STARTS])) for row in rows]
    return [
        {name: array[span][:size] for name, array in joined.items()}
        for span, size in zip(spans, sizes, strict=True)
    ]
