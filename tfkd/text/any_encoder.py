"""What a model, a store or a task asks of a tokenizer, whichever it is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from .pair_encoding import Pair, PairIds

if TYPE_CHECKING:
    from .word_windows import WordRow
    from .words import Words


class Encoder(Protocol):
    """Turn texts into token ids: all that a model, a store or a task asks of a tokenizer."""

    max_length: int
    pad_id: int

    @property
    def vocab_size(self) -> int:
        """The greatest id plus one: a model's token embedding needs at least so many rows."""

    def encode_many(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the ids of each text, at least 1 and at most `max_length`, without padding."""

    def encode_pairs(self, pairs: Sequence[Pair]) -> list[PairIds]:
        """Return the ids of each two texts in one row, and 0 or 1 for the text each is of."""

    def encode_words(
        self, sentences: Sequence[Words], *, before: Sequence[str] | None = None
    ) -> list[list[WordRow]]:
        """Return the windows of each example; with a text in front of it where some are given."""

    def fingerprint(self) -> str:
        """Return a digest that is equal where equal texts get equal ids, but for `max_length`."""

    def save(self, folder: Path) -> None:
        """Write what `tfkd.text.load` reads again into `folder`.

        Raises:
            UserError: This encoder has no tokenizer that could be written.
        """


def encoder_of(model: object) -> Encoder | None:
    """Return the tokenizer that a model carries with it, if it does."""
    encoder = getattr(model, "encoder", None)
    return encoder if hasattr(encoder, "encode_many") else None


def padding_of(model: object) -> int:
    """Return the id that the tokenizer of a model pads with; 0 for a model without one."""
    return getattr(encoder_of(model), "pad_id", 0)
