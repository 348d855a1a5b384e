"""How many ids a student knows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras

from ..errors import UserError
from .input_names import IDS
from .keras_internals import input_tensors, list_layers


def check_vocabulary(student: Any, size: int) -> None:
    """Refuse `size` ids for a student whose token embedding has fewer rows.

    Where no embedding takes the ids themselves (custom layers), the largest one must hold them.
    """
    rows = max(_rows(student), default=size)
    if size > rows:
        raise UserError(
            f"the encoder has {size} ids and the embedding of {student.name!r} {rows} rows: "
            "give the encoder that the student was trained with."
        )


def id_limit(student: Any) -> int:
    """Return the smallest vocabulary size among the embeddings that read ids (2 without any)."""
    return min(_rows(student), default=2)


def _rows(student: Any) -> list[int]:
    """Return the rows of the embeddings that take the ids themselves, or else of all."""
    vocabulary = getattr(getattr(student, "config", None), "vocab_size", None)
    # Hugging Face's.
    if vocabulary:
        return [int(vocabulary)]
    layers = list(_embeddings(student))
    direct = [layer.input_dim for layer in layers if _takes_inputs(layer, student)]
    return direct or [layer.input_dim for layer in layers]


def _embeddings(student: Any) -> Iterator[keras.layers.Embedding]:
    for layer in list_layers(student, recursive=True):
        if isinstance(layer, keras.layers.Embedding):
            yield layer


def _takes_inputs(layer: Any, student: Any) -> bool:
    inputs = list(getattr(student, "inputs", None) or ())
    # Segments, and numbers for words, are looked up in tables of their own.
    ids = [tensor for tensor in inputs if str(tensor.name).partition(":")[0] in IDS]
    read = {id(tensor) for tensor in ids or inputs}
    return any(id(tensor) in read for tensor in input_tensors(layer))
