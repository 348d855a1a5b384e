"""Write texts with a model, token by token, many at once."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ..words import DECODER_IDS, IDS
from .beam_search import Beams
from .decoding_settings import Decoding
from .drawing import DrawnText
from .hypothesis import Hypothesis
from .next_tokens import NextTokens
from .text_in_progress import TextInProgress
from .token_scores import log_probabilities

Decode = Callable[[Sequence[int]], str]
"""Ids to text, without special tokens."""


def write(
    model: NextTokens, rows: Sequence[Mapping[str, Any]], decoding: Decoding, decode: Decode
) -> list[list[Hypothesis]]:
    """Return the texts that a model writes for each row, the best first.

    Args:
        model: What says which tokens may come next.
        rows: Arrays by name, as a task encodes its examples; all are written at once.
        decoding: How.
        decode: Makes a text of ids.

    Returns:
        For each row `decoding.beams` hypotheses, fewer where there are not as many texts; texts
        that ended come before those that were cut.
    """
    texts = [open_text(row, model.end_id, decoding) for row in rows]
    for _ in advance_all(model, rows, texts):
        pass
    return [
        [Hypothesis(one.ids, decode(one.ids), one.score, one.finished) for one in text.results()]
        for text in texts
    ]


def open_text(row: Mapping[str, Any], end_id: int, decoding: Decoding) -> TextInProgress:
    """Return a text that is not begun.

    Args:
        row: Arrays by name, of which a draw depends.
        end_id: The token that ends a text.
        decoding: How it is written.
    """
    if decoding.temperature:
        return DrawnText(end_id, decoding, _number_of(row))
    return Beams(end_id, decoding)


def advance_all(
    model: NextTokens, rows: Sequence[Mapping[str, Any]], texts: Sequence[TextInProgress]
) -> Iterator[None]:
    """Write texts to their ends, and yield after each token.

    Args:
        model: What says which tokens may come next.
        rows: What each text depends on.
        texts: The texts, not begun.
    """
    if not rows:
        return
    going = list(texts)
    state, tokens = model.begin(rows)
    while True:
        logits, state = model.step(state, tokens)
        scores = log_probabilities(logits)
        chosen, at = list[tuple[int, int]](), 0
        for text in going:
            count = text.followed
            chosen += [
                (at + place, token) for place, token in text.advance(scores[at : at + count])
            ]
            at += count
        going = [text for text in going if text.followed]
        yield
        if not going:
            return
        places, tokens = (np.array(column, np.int32) for column in zip(*chosen, strict=True))
        if not np.array_equal(places, np.arange(at)):
            state = model.select(state, places)


def _number_of(row: Mapping[str, Any]) -> int:
    """Return a number of what a row gives to read, without what is to be written."""
    names = [IDS] if IDS in row else sorted(set(row) - {DECODER_IDS, "labels"})
    return zlib.crc32(b"".join(np.asarray(row[name], np.float64).tobytes() for name in names))
