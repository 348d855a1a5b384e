"""A store of texts as a teacher: what a model behind an API has answered, say."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..models.text_model import Shapes
from ..store.keys import SIZE, as_keys, key_of, name_texts
from ..store.reading import Store, refuse_missing
from ..tasks import EMBEDDING
from ..text.pair_encoding import Pair, PairIds
from .python_function import PythonFunctionTeacher
from .single_texts import SingleTexts

KEY_IDS = SIZE // 2


def is_stored(model: object) -> bool:
    """Return whether a model looks its answers up, or what it makes them of.

    Args:
        model: The model of a teacher.
    """
    reader = getattr(model, "reader", None)
    return isinstance(model, StoredTexts) or (reader is not None and is_stored(reader.model))


class TextKeys(SingleTexts):
    """The encoder of stored answers: the key of a text as eight ids, to find its outputs by.

    >>> one, other = TextKeys().encode_many(["a film", "a"])
    >>> len(one), one == other
    (8, False)
    """

    whose = "stored answers"
    max_length, vocab_size, pad_id = KEY_IDS, 2**16 + 1, 0

    def encode_many(self, texts: Sequence[str]) -> list[list[int]]:
        """Return eight numbers from 1 to 65,536 for each text; 0 is padding."""
        keys = (key_of(name_texts(text)) for text in texts)
        return [_as_numbers(key) for key in keys]

    def encode_pairs(self, pairs: Sequence[Pair]) -> list[PairIds]:
        """Return eight numbers for each pair, and as many zeros."""
        keys = (key_of(name_texts((first, second))) for first, second in pairs)
        return [(_as_numbers(key), [0] * KEY_IDS) for key in keys]

    def fingerprint(self) -> str:
        """Return the same digest always: there is one such encoder."""
        return hashlib.sha256(b"text keys").hexdigest()[:16]


def _as_numbers(key: bytes) -> list[int]:
    return (np.frombuffer(key, "<u2").astype("int32") + 1).tolist()


class StoredTexts(PythonFunctionTeacher):
    """A store written from texts, as a function of the ids of `TextKeys`.

    Raises:
        UserError: No store there, texts that it lacks.
    """

    def __init__(self, path: str | Path) -> None:
        self._store = Store(path)
        if EMBEDDING in self._store.reads:
            self.shapes = {EMBEDDING: self._store.shapes[EMBEDDING]}
        else:
            self.shapes = {"logits": self._store.logits(np.zeros(1, "int64")).shape[1:]}

    @property
    def output_shapes(self) -> Shapes:
        """The shapes as the store knows them: it has no answer to a text for trial."""
        return self.shapes

    def has(self, rows: Sequence[Sequence[int]]) -> bool:
        """Return whether all texts have an answer, given the ids of each."""
        if not len(rows):
            return True
        keys = np.stack([np.asarray(row)[:KEY_IDS] for row in rows])
        return bool((self.store_rows(keys) >= 0).all())

    def store_rows(self, ids: np.ndarray) -> np.ndarray:
        """Return where the answers to texts are in the store, -1 for those it lacks."""
        return self._store.index.find(as_keys((ids - 1).astype("<u2").tobytes()))

    def run(self, ids: np.ndarray, segments: np.ndarray | None = None) -> dict[str, np.ndarray]:
        """Return the stored logits or vectors, by NumPy."""
        rows = self.store_rows(ids[:, :KEY_IDS])
        refuse_missing(int((rows < 0).sum()), len(rows), self._store.path)
        if EMBEDDING in self.shapes:
            return {EMBEDDING: self._store.take(rows)[EMBEDDING].astype("float32")}
        return {"logits": self._store.logits(rows)}

    @property
    def fingerprint(self) -> str:
        """That of the teacher whose outputs these are."""
        return str(self._store.manifest.fingerprint.get("teacher"))
