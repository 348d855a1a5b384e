"""The tokenizer of a file, which may be damaged."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

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
    """

    def __init__(self, encoder: TextEncoder | NoTexts, path: str | Path) -> None:
        self._encoder, self._path = encoder, str(path)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._encoder, name)

    def encode_many(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the ids of each text."""
        with blame_tokenizer(self._path):
            return self._encoder.encode_many(texts)

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
