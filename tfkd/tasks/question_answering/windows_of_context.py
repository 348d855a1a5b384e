"""Questions as rows: each window of a context behind its question, with the answer's cells."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from ...data import IGNORE, Example
from ...data.reader import Arrays
from ...text.words import Words, split_words
from .right_answers import Gold

if TYPE_CHECKING:
    from ...text import Encoder

# The questions about one context follow each other in most files.
find_words = lru_cache(maxsize=64)(split_words)


def encode_questions(examples: Sequence[Example], encoder: Encoder) -> list[list[Arrays]]:
    """Return the windows of each example's context, with its question in front of each.

    A row has cells: "no answer", which stands where the row begins, and then its words. Beside what
    models read it has the characters of its words, so that an answer is cut out of the context as
    it was given.

    Args:
        examples: Questions with a context, and with answers where they are known.
        encoder: The tokenizer of the model that will read the rows.
    """
    words = [find_words(example["context"]) for example in examples]
    windows = encoder.encode_words(words, before=[example["question"] for example in examples])
    return [
        [_row(window, of_one, example) for window in of_example]
        for example, of_one, of_example in zip(examples, words, windows, strict=True)
    ]


def _row(window: Arrays, words: Words, example: Example) -> Arrays:
    first, count = int(window["first_word"]), len(window["word_starts"])
    spans = np.array(words.spans[first : first + count], "int32").reshape(-1, 2)
    begin, end = (int(spans[0, 0]), int(spans[-1, 1])) if count else (0, 0)
    return {
        "input_ids": window["input_ids"],
        "token_type_ids": window["token_type_ids"],
        # Cell 0 stands at the first piece of all, such as `[CLS]`.
        "word_starts": np.append(np.int32(0), window["word_starts"]).astype("int32"),
        "word_ends": np.append(np.int32(1), window["word_ends"]).astype("int32"),
        "first_word": first,
        "char_starts": np.append(np.int32(0), spans[:, 0]).astype("int32"),
        "char_ends": np.append(np.int32(0), spans[:, 1]).astype("int32"),
        "characters": np.array([ord(each) for each in example["context"][begin:end]], "int32"),
        "labels": _labels(example.get("label"), words, first, count),
    }


def _labels(golds: Sequence[Gold] | None, words: Words, first: int, count: int) -> tuple[int, int]:
    """Return the cells where the answer starts and ends: 0 and 0 where the window lacks it."""
    if golds is None:
        return IGNORE, IGNORE
    if not golds:
        return 0, 0
    start, end = snap(Gold(*golds[0]), words)
    if first <= start and end < first + count:
        return start - first + 1, end - first + 1
    return 0, 0


def snap(gold: Gold, words: Words) -> tuple[int, int]:
    """Return the first and the last word of which an answer has a character.

    Args:
        gold: The answer.
        words: Those of its context.

    >>> snap(Gold("1963", 4), split_words("in (1963) it"))
    (2, 2)
    """
    spans = np.array(words.spans)
    first = int(np.searchsorted(spans[:, 1], gold.start, "right"))
    last = int(np.searchsorted(spans[:, 0], gold.start + len(gold.text), "left")) - 1
    first = min(first, len(spans) - 1)
    return first, max(first, last)


def is_snapped(gold: Gold, words: Words) -> bool:
    """Return whether an answer begins or ends within a word, so that all of the word is taken.

    Args:
        gold: The answer.
        words: Those of its context.

    >>> is_snapped(Gold("196", 3), split_words("in 1963 it"))
    True
    """
    first, last = snap(gold, words)
    start = gold.start + len(gold.text) - len(gold.text.lstrip())
    end = gold.start + len(gold.text.rstrip())
    return (words.spans[first][0], words.spans[last][1]) != (start, end)
