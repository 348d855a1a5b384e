"""Marked texts as rows of ids, and the states of a model at the marks."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from ...errors import UserError
from ...progress import logger
from ...text import Encoder, encode_around, ids_of_pieces
from .._base import Arrays
from .marks import MARKS, with_pieces_of

OPENINGS = "opening_marks"
"""The setting of the schema of one model: the ids of both opening marks in its tokenizer."""
_OTHERS = ("[E1]", "[/E1]", "[E2]", "[/E2]")
"""Marks that tokenizers of others have as special pieces."""


class MarkReader:
    """Read marked texts with any tokenizer, by the marks that it knows.

    Args:
        written: Four marks with blanks between them, for a tokenizer that lacks ours; or nothing.

    Raises:
        UserError: Not four.
    """

    def __init__(self, written: Any = "") -> None:
        marks = tuple(written.split()) if isinstance(written, str) else ()
        if written and len(marks) != len(MARKS):
            raise UserError(
                f"marks is {written!r}; write four with blanks between them, "
                '"[E1] [/E1] [E2] [/E2]" or "$ $ # #".'
            )
        self._given = marks
        self._told: set[str] = set()

    def encode(self, texts: Sequence[str], encoder: Encoder) -> list[Arrays]:
        """Return a row of ids for each text, of a long one what is around both parts.

        Args:
            texts: Texts with our marks.
            encoder: The tokenizer of the model that will read the rows.
        """
        pieces = self._pieces_of(encoder)
        marked = [with_pieces_of(text, pieces) for text in texts]
        rows = encode_around(encoder, [text for text, _ in marked], [spans for _, spans in marked])
        return [{"input_ids": ids} for ids in rows]

    def openings(self, encoder: Encoder) -> list[int]:
        """Return the ids of both opening marks; none where a tokenizer has no pieces of their own.

        Args:
            encoder: The tokenizer.
        """
        pieces = self._pieces_of(encoder)
        if len(set(pieces)) < len(pieces) or not _are_whole(encoder, pieces):
            return []
        return list(ids_of_pieces(encoder, pieces[::2]))

    def _pieces_of(self, encoder: Encoder) -> tuple[str, ...]:
        """Return the marks that a tokenizer knows; ours as plain text where it knows none."""
        if _are_whole(encoder, MARKS):
            return MARKS
        if self._given:
            return self._given
        if _are_whole(encoder, _OTHERS):
            return _OTHERS
        digest = encoder.fingerprint()
        if digest not in self._told:
            self._told.add(digest)
            logger.warning(
                "a tokenizer without pieces for <e1> </e1> <e2> </e2> reads them as plain text: if "
                "its model was trained with other marks, name them by the setting marks."
            )
        return MARKS


def states_at(openings: Sequence[int], features: Any) -> Any:
    """Return features whose vector is that of both opening marks, one after the other.

    Args:
        openings: The ids of both marks.
        features: A `tfkd.students.Features` with a vector for each token.
    """
    from keras import ops

    states = []
    for piece in openings:
        # Each mark stands in a row once, so that the sum is its state.
        here = ops.cast(ops.equal(features.ids, piece), features.tokens.dtype)
        states.append(ops.sum(features.tokens * ops.expand_dims(here, -1), axis=1))
    return dataclasses.replace(features, hidden=ops.concatenate(states, axis=-1))


def _are_whole(encoder: Encoder, pieces: Sequence[str]) -> bool:
    """Return whether a tokenizer reads each of the marks as one piece of its own."""
    ids = ids_of_pieces(encoder, pieces)
    if not ids:
        return False
    tokenizer = encoder.tokenizer  # type: ignore[attr-defined]  # whose pieces these are
    found = tokenizer.encode_batch(list(pieces), add_special_tokens=False)
    return [encoding.ids for encoding in found] == [[i] for i in ids]
