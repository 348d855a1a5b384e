"""What has no ids of two texts in one row or of words, and no tokenizer that could be written."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from ..errors import UserError
from ..text.pair_encoding import Pair, PairIds
from ..text.word_windows import WordRow
from ..text.words import Words


class SingleTexts:
    """The base of encoders of teachers that are not models of word pieces.

    Attributes:
        whose: Which teachers, the subject of a sentence.
    """

    whose = "such teachers"

    def encode_pairs(self, pairs: Sequence[Pair]) -> list[PairIds]:
        """Raise `UserError`: each row is one text."""
        raise UserError(f"{self.whose} read one text a row, and no pairs of texts.")

    def encode_words(
        self, sentences: Sequence[Words], *, before: Sequence[str] | None = None
    ) -> list[list[WordRow]]:
        """Raise `UserError`: nothing says where a word stands in a row."""
        raise UserError(
            f"{self.whose} read whole texts, and no words: give one teacher with a tokenizer."
        )

    def save(self, folder: Path) -> NoReturn:
        """Raise `UserError`: there is nothing that `tfkd.text.load` could read."""
        raise UserError(f"{self.whose} have no tokenizer that could be written.")
