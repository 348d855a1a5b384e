"""Vectors of texts from an exported file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from ..data import Schema
from ..errors import UserError
from ..tasks import EMBEDDING, Arrays, Task
from ..text.batching import chunks
from .example_reading import check_several

BATCH = 256
"Texts at once: a table of vectors is read once for all of them."
_CHUNK = 4_096  # texts of which more than the vector is in memory at once


class Embedder(Protocol):
    """What is asked of an opened file; `Predictor` is one."""

    path: Any
    task: Task
    schema: Schema

    def rows_of(self, examples: Sequence[Any]) -> list[list[Arrays]]:
        """Return the rows of each example."""

    def run(self, rows: Sequence[Arrays], batch_size: int = 32) -> list[Arrays]:
        """Return the outputs of each row by name."""


def embed_texts(
    predictor: Embedder, texts: Sequence[Any], batch_size: int, dimensions: int | None
) -> np.ndarray:
    """Return the vector of each text, `[texts, dimensions]`, float32.

    Args:
        predictor: An opened file.
        texts: At least one word each.
        batch_size: Texts at once.
        dimensions: Keep the first ones alone, scaled to unit length; None for all.

    Raises:
        UserError: The file gives no vectors, or a value is not one text.
    """
    if EMBEDDING not in predictor.task.outputs:
        raise UserError(
            f"{predictor.path} is for the task {predictor.task.name}, which gives no vectors: take "
            "the file of a run for sentence vectors, or call predict."
        )
    if batch_size < 1:
        raise UserError(f"batch_size is {batch_size}: write at least 1.")
    check_several(predictor.task, texts)
    parts = [_embed_some(predictor, some, batch_size) for some in chunks(texts, _CHUNK)]
    (width,) = predictor.task.output_shapes(predictor.schema)[EMBEDDING]
    vectors = np.concatenate(parts) if parts else np.zeros((0, width or 0), np.float32)
    return vectors if dimensions is None else cut_vectors(vectors, dimensions)


def cut_vectors(vectors: np.ndarray, dimensions: int) -> np.ndarray:
    """Return the first dimensions of vectors, scaled to unit length again.

    Args:
        vectors: `[texts, dimensions]`.
        dimensions: How many to keep.

    Raises:
        UserError: There are not so many.

    >>> cut_vectors(np.array([[0.6, 0.0, 0.8]], "float32"), 2).tolist()
    [[1.0, 0.0]]
    """
    width = vectors.shape[1]
    if not isinstance(dimensions, int) or not 1 <= dimensions <= width:
        raise UserError(f"dimensions is {dimensions!r}: write a number from 1 to {width}.")
    first = vectors[:, :dimensions]
    lengths = np.linalg.norm(first, axis=1, keepdims=True)
    return first / np.where(lengths > 0, lengths, 1.0)


def _embed_some(predictor: Embedder, texts: Any, batch_size: int) -> np.ndarray:
    rows = predictor.rows_of(texts)
    several = next((place for place, of_one in enumerate(rows) if len(of_one) != 1), None)
    if several is not None:
        raise UserError(f"example {several} is a pair: give single texts.")
    outputs = predictor.run([row for (row,) in rows], batch_size)
    vectors = np.array([each[EMBEDDING] for each in outputs], np.float32)
    if not np.isfinite(vectors).all():
        raise UserError(
            f"{predictor.path} answers with infinite numbers: the file is damaged; export it again."
        )
    return vectors
