"""The tokenizer of a file, which may be damaged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..progress import logger
from ..text import NoTexts, TextEncoder
from ..text.pair_encoding import Pair, PairIds
from ..text.word_windows import WordRow
from ..text.words import Words
from .bundle import blame_tokenizer


class FileTokenizer:
    """An encoder whose failures are told as faults of its file.

    Args:
        encoder: The encoder.
        path: The file that it came in.

    Attributes:
        tells_of_cuts: Whether the log tells of texts that are cut, once.
    """

    def __init__(self, encoder: TextEncoder | NoTexts, path: str | Path) -> None:
        self._encoder, self._path = encoder, str(path)
        self.tells_of_cuts = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._encoder, name)

    def encode_many(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the ids of each text; of a file that writes, the log says once what was cut."""
        with blame_tokenizer(self._path):
            rows = self._encoder.encode_many(texts)
        if self.tells_of_cuts:
            self._tell_of_cuts(texts, rows)
        return rows

    def _tell_of_cuts(self, texts: Sequence[str], rows: Sequence[Sequence[int]]) -> None:
        most = self._encoder.max_length
        full = [text for text, row in zip(texts, rows, strict=True) if len(row) == most]
        longer = replace(self._encoder, max_length=2**31)
        cut = sum(len(row) > most for row in longer.encode_many(full)) if full else 0
        if cut:
            self.tells_of_cuts = False
            logger.warning(
                "%d of %d texts are longer than the %d pieces that %s reads of one: their middles "
                "are left out.",
                *(cut, len(texts), most, self._path),
            )

    def encode_pairs(self, pairs: Sequence[Pair]) -> list[PairIds]:
        """Return the ids and the segments of each pair."""
        with blame_tokenizer(self._path):
            return self._encoder.encode_pairs(pairs)

    def encode_words(
        self, sentences: Sequence[Words], *, before: Sequence[str] | None = None
    ) -> list[list[WordRow]]:
        """Return the windows of each example."""
        with blame_tokenizer(self._path):
            return self._encoder.encode_words(sentences, before=before)
