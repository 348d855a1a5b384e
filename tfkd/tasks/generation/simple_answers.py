"""Texts that need no model: the beginning of the source, the source, or that of the nearest one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

BASELINES = ("tfidf", "lead", "copy")
"""The text of the nearest training source, the first sentence of the source, and the source."""
_ROWS = 500
_SENTENCE = re.compile(r"(?<=[.!?])[\"')\]]*\s+|(?<=[。！？])|\n+")


def first_sentence(text: str) -> str:
    """Return the first sentence of a text.

    >>> first_sentence("Phillip, see below. More follows."), first_sentence("我来。你好")
    ('Phillip, see below.', '我来。')
    """
    parts = (part.strip() for part in _SENTENCE.split(text.strip()))
    return next((part for part in parts if part), "")


def nearest_rows(vectors: Any, among: Any) -> list[int]:
    """Return for each row of a matrix the row of another one that is most like it.

    Args:
        vectors: Sparse, `[texts, features]`, of length 1.
        among: Those to choose from, `[others, features]`; of two that are as near, the first.
    """
    found: list[int] = []
    for start in range(0, vectors.shape[0], _ROWS):
        likeness = vectors[start : start + _ROWS] @ among.T
        found += likeness.toarray().argmax(axis=1).tolist()
    return found


def write_simply(
    kind: str, sources: Sequence[str], targets: Sequence[str], vectors: tuple[Any, Any] | None
) -> list[str]:
    """Return a text for each source, without any model.

    Args:
        kind: One of `BASELINES`.
        sources: What is to be answered.
        targets: The texts of the training examples.
        vectors: Of the sources, and of those of the training examples; `None` where the kind
            compares nothing.
    """
    if kind == "lead":
        return [first_sentence(source) for source in sources]
    if kind == "copy" or vectors is None:
        return list(sources)
    return [targets[row] for row in nearest_rows(*vectors)]
