"""Texts that a model writes, many at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..errors import UserError
from ..text.batching import by_length
from ..text.decoding import Decoding, FullPasses, Hypothesis, NextTokens, write
from ..text.decoding.full_passes import Run
from ..text.words import IDS


def next_tokens_of(model: Any, encoder: Any, run: Run, *, inputs: Sequence[str]) -> NextTokens:
    """Return a model as what says which token may come next.

    A student of ours and a model of transformers read each token once; any other model that maps
    rows to logits all of them again for each.

    Args:
        model: Any model.
        encoder: Its tokenizer.
        run: Runs the model: rows to one dict of outputs for each row, without padding.
        inputs: The names of what it reads.
    """
    from .decoders import open_decoder
    from .generators import find_generator

    found = open_decoder(model, encoder) or find_generator(model, encoder)
    return found or FullPasses(run, encoder, inputs)


def write_rows(
    model: NextTokens,
    rows: Sequence[Mapping[str, Any]],
    decoding: Decoding,
    decode: Callable[[Sequence[int]], str],
    *,
    advance: Callable[[int], None] = lambda done: None,
) -> list[list[Hypothesis]]:
    """Return the texts for each row, the best first; sources of similar length run together.

    Args:
        model: What says which token may come next.
        rows: Arrays by name, without padding.
        decoding: How.
        decode: Makes a text of ids.
        advance: Is called with the number of rows done, after each batch.

    Raises:
        UserError: The model has no positions for texts of that length.
    """
    _check_room(model, rows, decoding)
    written: list[list[Hypothesis]] = [[]] * len(rows)
    # As many texts are written at once as there are beams.
    lengths = np.array([len(row[IDS]) for row in rows], "int64") * decoding.beams
    for places in by_length(lengths):
        texts = write(model, [rows[place] for place in places], decoding, decode)
        for place, text in zip(places, texts, strict=True):
            written[place] = text
        advance(len(places))
    return written


def _check_room(model: NextTokens, rows: Sequence[Mapping[str, Any]], decoding: Decoding) -> None:
    room = getattr(model, "room", None)
    left = room(rows) if rows and room is not None else None
    if left is not None and decoding.longest > left:
        raise UserError(
            f"longest is {decoding.longest}, and the model has positions for {left} more tokens of "
            f"these texts: write longest={max(1, left)}, or cut what it reads (max_length)."
        )
