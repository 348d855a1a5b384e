"""A store of texts as a teacher: what a model behind an API has answered, say."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..store.keys import SIZE, as_keys, key_of
from ..store.reading import Store, refuse_missing
from .python_function import Outside

PIECES = SIZE // 2


class TextKeys:
    """The key of a text as eight ids: what a store of texts finds its outputs by.

    >>> len(TextKeys().encode("a film")), TextKeys().encode("a film") == TextKeys().encode("a")
    (8, False)
    """

    max_length, vocab_size = PIECES, 2**16 + 1

    def encode_many(self, texts: list[str]) -> list[list[int]]:
        """Eight numbers from 1 to 65,536 for each text; 0 is padding."""
        keys = (key_of({"text": text}) for text in texts)
        return [(np.frombuffer(key, "<u2").astype("int32") + 1).tolist() for key in keys]

    def encode(self, text: str) -> list[int]:
        """The eight numbers of one text."""
        return self.encode_many([text])[0]

    @property
    def tokenizer(self) -> TextKeys:
        """Itself, for its `to_str`."""
        return self

    def to_str(self) -> str:
        """Its name, for a fingerprint."""
        return "text keys"


class StoredTexts(Outside):
    """A store written from texts, as a function of the ids of `TextKeys`.

    Raises:
        UserError: no store there, texts that it lacks.
    """

    def __init__(self, path: str | Path):
        self._store = Store(path)
        self._classes = self._store.logits(np.zeros(1, "int64")).shape[-1]

    def run(self, ids: np.ndarray) -> np.ndarray:
        """The stored logits, by NumPy."""
        if ids.shape[1] < PIECES:  # no keys: what a model is tried on
            return np.zeros((len(ids), self._classes), "float32")
        keys = as_keys((ids[:, :PIECES] - 1).astype("<u2").tobytes())
        rows = self._store.index.find(keys)
        refuse_missing(int((rows < 0).sum()), len(rows), self._store.path)
        return self._store.logits(rows)

    @property
    def fingerprint(self) -> str:
        """That of the teacher whose outputs these are."""
        return str(self._store.manifest.fingerprint.get("teacher"))
