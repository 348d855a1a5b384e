"""A teacher of texts that are all known: each is read once, and looked up from then on."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..data import Data
from ..errors import UserError
from ..models.text_model import TextModel
from ..tasks import EMBEDDING, Run, Task
from ..text.row_encoding import encode_rows
from .single_texts import SingleTexts


class NumbersOfTexts(SingleTexts):
    """The encoder of texts that are all known: the number of a text, from 1, is its only id.

    >>> NumbersOfTexts(["a", "b"]).encode_many(["b"])
    [[2]]
    """

    whose = "teachers that look texts up"
    pad_id, max_length = 0, 1

    def __init__(self, texts: Sequence[str]) -> None:
        self._numbers = {text: number for number, text in enumerate(texts, 1)}
        self.vocab_size = len(self._numbers) + 1

    def encode_many(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the number of each text.

        Raises:
            UserError: A text that is not known.
        """
        unknown = next((text for text in texts if text not in self._numbers), None)
        if unknown is not None:
            raise UserError(
                f"the teacher knows the {len(self._numbers):,} texts of its data, and not "
                f"{unknown[:60]!r}: ask the student, which reads any text."
            )
        return [[self._numbers[text]] for text in texts]

    def fingerprint(self) -> str:
        """Return a digest of the texts in their order."""
        return hashlib.sha256("\x1f".join(self._numbers).encode()).hexdigest()[:16]


@dataclass
class KnownTexts(TextModel):
    """A model that looks texts up.

    Args:
        reader: The model that read them, which reads others too.
    """

    reader: TextModel | None = None


def read_texts(run: Run, model: TextModel, texts: Sequence[str]) -> np.ndarray:
    """Return a model's vectors of texts, `[texts, dimensions]`.

    Args:
        run: Runs the model.
        model: Whose tokenizer it is.
        texts: The texts.
    """
    outputs = run(encode_rows(model.encoder, list(texts)))
    return np.stack([np.asarray(row[EMBEDDING], "float32") for row in outputs])


def know_texts(
    reader: TextModel, read: np.ndarray, texts: Sequence[str], task: Task, data: Data
) -> KnownTexts:
    """Return a teacher that looks up what a task makes of a model's vectors of all texts.

    Args:
        reader: A model that gives a vector for each text.
        read: Its vectors of all texts.
        texts: The texts.
        task: Makes the teacher's vectors of the model's, by `known_vectors`.
        data: The data set.
    """
    import keras

    vectors = task.known_vectors(read, texts, data)
    table = np.concatenate([np.zeros_like(vectors[:1]), vectors])
    encoder = NumbersOfTexts(texts)
    ids = keras.Input((None,), dtype="int32", name="input_ids")
    look_up = keras.layers.Embedding(*table.shape, name="vectors")
    one = keras.Model(ids, {EMBEDDING: look_up(ids)[:, 0]}, name="known_texts")
    look_up.set_weights([table])
    schema = task.schema_with(data.schema, encoder)
    both = _with_both(one, task.trained_model(one, schema))
    shapes = {EMBEDDING: vectors.shape[1:]}
    return KnownTexts(both, encoder, (), reader.origin, shapes=shapes, reader=reader)


def _with_both(one: Any, trained: Any) -> Any:
    """Return a model with the outputs of a model of one text and those of one of several."""
    import keras

    if trained is one:
        return one
    ids = keras.Input((None,), dtype="int32", name="input_ids")
    return keras.Model(ids, {**one(ids), "logits": trained(ids)}, name="teacher")
