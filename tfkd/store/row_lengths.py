"""How long an example is: in tokens, and in words where it knows its words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from ..models.input_names import IDS, MASKS, SEGMENTS
from ..text.words import FILLS, NO_WORD, WORD_STARTS
from .keys import Example, count_tokens
from .manifest import LENGTH, WORDS


class Lengths(NamedTuple):
    """The tokens and the words of an example, or of a batch as it is padded."""

    tokens: int = 0
    words: int = 0

    def of(self, axis: str) -> int:
        """Return the number for one kind of axis: `"length"`, or `"words"`."""
        return self.words if axis == WORDS else self.tokens


def ragged_inputs(sample: list[Example]) -> dict[str, str]:
    """Return what the inputs count that are as long as their text: `"length"` or `"words"`.

    They are whole numbers in one row (ids, masks, segments), the only numbers of an example (the
    samples of a sound), or as long as a mask. Where the words
    start, arrays as long as that of the starts have a value for each word.

    Args:
        sample: Some examples, with or without padding.
    """
    mask = next((len(value) for name, value in sample[0].items() if name in MASKS), None)
    counts: dict[str, str] = {}
    for name, value in sample[0].items():
        is_only = name in IDS and len({len(example[name]) for example in sample}) > 1
        if np.ndim(value) == 1 and (value.dtype.kind in "iub" or is_only):
            counts[name] = WORDS if _counts_words(name, sample) else LENGTH
        elif np.ndim(value) > 1 and len(value) == mask:
            counts[name] = LENGTH
    return counts


def _counts_words(name: str, sample: list[Example]) -> bool:
    if name in (*IDS, *MASKS, *SEGMENTS) or WORD_STARTS not in sample[0]:
        return name in FILLS
    return all(len(example[name]) == len(example[WORD_STARTS]) for example in sample)


def padded_lengths(example: Example, counts: Mapping[str, str]) -> Lengths:
    """Return how long an example is, padding included."""
    longest = {LENGTH: 0, WORDS: 0}
    for name, axis in counts.items():
        longest[axis] = max(longest[axis], len(example[name]))
    return Lengths(longest[LENGTH], longest[WORDS])


def real_lengths(example: Example, counts: Mapping[str, str], fills: Mapping[str, int]) -> Lengths:
    """Return how long an example is without padding; it has a token at least.

    Args:
        example: The example.
        counts: What each of its inputs counts.
        fills: What each is padded with; 0 where it does not say.
    """
    ends = [
        count_tokens(example[name], fills.get(name, 0))
        for name, axis in counts.items()
        if axis == LENGTH and np.ndim(example[name]) == 1
    ]
    words = count_tokens(example[WORD_STARTS], NO_WORD) if WORD_STARTS in counts else 0
    return Lengths(max([1, *ends]), words)


def batch_lengths(inputs: Mapping[str, Any]) -> Lengths:
    """Return the padded lengths of a batch; 0 where it has no tokens, or knows no words."""
    words, tokens = [0], [0]
    for name, array in inputs.items():
        kind = np.dtype(getattr(array.dtype, "as_numpy_dtype", array.dtype)).kind
        if len(array.shape) == 2 and kind in "iub":
            (words if name in FILLS else tokens).append(int(array.shape[1]))
    return Lengths(max(tokens), max(words))
