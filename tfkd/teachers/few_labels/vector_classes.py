"""A model of vectors with one linear layer behind it, as a function of ids to logits."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from ...losses._batch import Outputs
from ...models.input_names import IDS
from ...models.text_model import TextModel
from ...tasks import EMBEDDING


class VectorClasses:
    """Logits of classes from an encoder's vectors, which get the length 1 first.

    Args:
        reader: The encoder, with its tokenizer.
        weights: `[dimensions, classes]`.
        bias: `[classes]`.
        mark: What tells it from others, for a store.
    """

    text_inputs = IDS[:1]

    def __init__(
        self, reader: TextModel, weights: np.ndarray, bias: np.ndarray, *, mark: str
    ) -> None:
        self.reader, self.model = reader, reader.model
        self.length, self.jit = reader.length, reader.jit
        self.fingerprint = mark
        self.output_shapes = {"logits": (len(bias),)}
        self._weights = weights.astype("float32")
        self._bias = bias.astype("float32")

    def __call__(self, inputs: Any, reads: tuple[str, ...] = ("logits",)) -> Outputs:
        """Return the logits for padded ids."""
        vectors = self.reader.in_graph(inputs, (EMBEDDING,))[EMBEDDING]
        vectors = tf.math.l2_normalize(vectors, axis=-1)
        return {"logits": tf.matmul(vectors, self._weights) + self._bias}


def unit_vectors(vectors: np.ndarray) -> np.ndarray:
    """Return vectors of length 1.

    >>> unit_vectors(np.array([[3.0, 4.0]])).tolist()
    [[0.6, 0.8]]
    """
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)
