"""How long an example is: in tokens, in words where it knows its words, and as it is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from ..models.input_names import DECODER_MASKS, IDS, MASKS, SEGMENTS
from ..text.words import FILLS, NO_WORD, WORD_STARTS
from .keys import Example, count_tokens, is_of_written
from .manifest import AXES, LENGTH, TARGET, WORDS


class Lengths(NamedTuple):
    """The lengths of an example, or of a batch as it is padded, in the order of `AXES`.

    Attributes:
        tokens: The tokens of the text that is read.
        words: Its words.
        target: The tokens of the text that is written.
    """

    tokens: int = 0
    words: int = 0
    target: int = 0

    def of(self, axis: str) -> int:
        """Return the number for one kind of axis: `"length"`, `"words"` or `"target"`."""
        return self[AXES.index(axis)]


def ragged_inputs(sample: list[Example]) -> dict[str, str]:
    """Return what the inputs count that are as long as their text, a kind of axis for each.

    They are whole numbers in one row (ids, masks, segments), the only numbers of an example (the
    samples of a sound), or as long as a mask. Where the words
    start, arrays as long as that of the starts have a value for each word; what a decoder reads has
    one for each token that is written.

    Args:
        sample: Some examples, with or without padding.
    """
    counts: dict[str, str] = {}
    for name, value in sample[0].items():
        written = is_of_written(name)
        masks = DECODER_MASKS if written else MASKS
        mask = next((len(sample[0][each]) for each in sample[0] if each in masks), None)
        is_only = name in IDS and len({len(example[name]) for example in sample}) > 1
        if np.ndim(value) == 1 and (value.dtype.kind in "iub" or is_only):
            by_text = WORDS if _counts_words(name, sample) else LENGTH
            counts[name] = TARGET if written else by_text
        elif np.ndim(value) > 1 and len(value) == mask:
            counts[name] = TARGET if written else LENGTH
    return counts


def _counts_words(name: str, sample: list[Example]) -> bool:
    if name in (*IDS, *MASKS, *SEGMENTS) or WORD_STARTS not in sample[0]:
        return name in FILLS
    return all(len(example[name]) == len(example[WORD_STARTS]) for example in sample)


def padded_lengths(example: Example, counts: Mapping[str, str]) -> Lengths:
    """Return how long an example is, padding included."""
    longest = dict.fromkeys(AXES, 0)
    for name, axis in counts.items():
        longest[axis] = max(longest[axis], len(example[name]))
    return Lengths(*longest.values())


def real_lengths(example: Example, counts: Mapping[str, str], fills: Mapping[str, int]) -> Lengths:
    """Return how long an example is without padding; each of its texts has a token at least.

    Args:
        example: The example.
        counts: What each of its inputs counts.
        fills: What each is padded with; 0 where it does not say.
    """
    longest = {LENGTH: 1, TARGET: int(TARGET in counts.values())}
    for name, axis in counts.items():
        if axis in longest and np.ndim(example[name]) == 1:
            end = count_tokens(example[name], fills.get(name, 0))
            longest[axis] = max(longest[axis], end)
    words = count_tokens(example[WORD_STARTS], NO_WORD) if WORD_STARTS in counts else 0
    return Lengths(longest[LENGTH], words, longest[TARGET])


def batch_lengths(inputs: Mapping[str, Any]) -> Lengths:
    """Return the padded lengths of a batch; 0 of what it does not have."""
    longest = dict.fromkeys(AXES, 0)
    for name, array in inputs.items():
        kind = np.dtype(getattr(array.dtype, "as_numpy_dtype", array.dtype)).kind
        if len(array.shape) == 2 and kind in "iub":
            axis = WORDS if name in FILLS else TARGET if is_of_written(name) else LENGTH
            longest[axis] = max(longest[axis], int(array.shape[1]))
    return Lengths(*longest.values())
