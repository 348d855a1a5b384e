"""What has no ids for two texts in one row, and no tokenizer that could be written."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from ..errors import UserError
from ..text.pair_encoding import Pair, PairIds


class SingleTexts:
    """The base of encoders of teachers that are not models of word pieces.

    Attributes:
        whose: Which teachers, the subject of a sentence.
    """

    whose = "such teachers"

    def encode_pairs(self, pairs: Sequence[Pair]) -> list[PairIds]:
        """Raise `UserError`: each row is one text."""
        raise UserError(f"{self.whose} read one text a row, and no pairs of texts.")

    def save(self, folder: Path) -> NoReturn:
        """Raise `UserError`: there is nothing that `tfkd.text.load` could read."""
        raise UserError(f"{self.whose} have no tokenizer that could be written.")
