"""Examples as rows: the ids of the source, of what is written so far, and of what comes next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...data import IGNORE
from ...text.words import DECODER_IDS, IDS
from .._base import Arrays


def write_rows(
    encoder: Any, sources: Sequence[str], targets: Sequence[str | None], longest: int
) -> list[list[Arrays]]:
    """Return one row for each example.

    Args:
        encoder: The tokenizer.
        sources: The texts to read.
        targets: The texts to write; None where they are not known.
        longest: The most tokens of a target. One that is longer is learnt up to there, and not
            that it ends there.
    """
    known = [target for target in targets if target is not None]
    pieces = iter(encoder.encode_targets(known, longest, mark_cut=True) if known else ())
    rows = []
    for ids, target in zip(encoder.encode_many(sources), targets, strict=True):
        row = {IDS: ids, DECODER_IDS: [encoder.start_id], "labels": [IGNORE]}
        if target is not None:
            row |= shift(next(pieces), encoder.start_id, encoder.end_id, longest)
        rows.append([row])
    return rows


def shift(pieces: Sequence[int], start_id: int, end_id: int, longest: int) -> Arrays:
    """Return what a decoder reads, and what it is to say at each place: one token further on.

    Args:
        pieces: The tokens of a target.
        start_id: The token that a text starts with.
        end_id: The one that ends it.
        longest: The most tokens of a target.

    >>> shift([7, 8], 2, 3, 9)
    {'decoder_input_ids': [2, 7, 8], 'labels': [7, 8, 3]}
    >>> shift([7, 8, 9], 2, 3, 2)
    {'decoder_input_ids': [2, 7, 8], 'labels': [7, 8, -100]}
    """
    kept = [int(piece) for piece in pieces[:longest]]
    end = end_id if len(pieces) <= longest else IGNORE
    return {DECODER_IDS: [start_id, *kept], "labels": [*kept, end]}
