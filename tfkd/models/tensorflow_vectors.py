"""Encoders of transformers, in TensorFlow, as functions of ids that give one vector a text."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from .hugging_face_config import describe_computation
from .hugging_face_pooling import FIRST, MAX
from .input_names import IDS, MASKS


class TensorFlowVectors:
    """An encoder of transformers and how its vectors of tokens become one of length 1.

    Args:
        model: The TensorFlow model, without a head.
        how: One of "mean", "first" and "max".
    """

    text_inputs = (IDS[0], MASKS[0])

    def __init__(self, model: Any, how: str) -> None:
        self.model, self._how = model, how
        self.config = model.config

    def __call__(self, inputs: Any) -> dict[str, Any]:
        """Return the vectors by name, within a graph too.

        Args:
            inputs: A dict of ids and mask.
        """
        import tensorflow as tf

        mask = tf.cast(inputs[MASKS[0]], tf.float32)[..., None]
        states = tf.cast(self.model(dict(inputs), training=False)[0], tf.float32)
        if self._how == FIRST:
            vectors = states[:, 0]
        elif self._how == MAX:
            vectors = tf.reduce_max(states - 1e9 * (1.0 - mask), axis=1)
        else:
            total = tf.maximum(tf.reduce_sum(mask, axis=1), 1e-9)
            vectors = tf.reduce_sum(states * mask, axis=1) / total
        return {"embedding": tf.math.l2_normalize(vectors, axis=-1)}

    @property
    def fingerprint(self) -> str:
        """A digest of its weights, for a store."""
        digest = hashlib.sha256((self._how + describe_computation(self.model)).encode())
        for weight in self.model.weights:
            digest.update(np.ascontiguousarray(weight.numpy()).tobytes())
        return digest.hexdigest()[:16]
