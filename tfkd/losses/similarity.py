"""Which examples of a batch are alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import tensorflow as tf

from ._feature_tensors import normalize
from ._features import PooledLoss
from .layer_maps import Pairs


@dataclass(frozen=True)
class Similarity(PooledLoss):
    r"""Match the matrix of similarities between the examples of a batch.

    With the vectors of the batch as rows of $A$, and the rows of $G = A A^\top$ normalised

    $$\mathcal L_i = \frac1B \sum_j (G^s_{ij} - G^t_{ij})^2$$

    Widths need not agree, so there is no projection. The vectors are those of `pooling`
    (`"mean"` or `"first"` token) in the pairs of layers, by default the last ones; of a map
    `[b, h, w, c]`, as in the paper, all its numbers. On N replicas the batch is each replica's
    share.

    Source: Tung and Mori 2019 (SP), arXiv:1907.09682, equations 2 to 4.

    >>> loss = Similarity()
    >>> from tfkd import Batch
    >>> s, t = tf.constant([[1.0, 0.0], [0.0, 1.0]]), tf.constant([[1.0, 0.0], [1.0, 0.0]])
    >>> loss({"hidden_states": (s, s)}, {"hidden_states": (t, t)}, Batch()).numpy().round(4)
    array([0.2929, 0.2929], dtype=float32)
    """

    citation: ClassVar[str] = "Tung and Mori 2019 (SP), arXiv:1907.09682"
    layers: str | Pairs = "final"
    projection: str = "never"

    def fit_maps(
        self, name: str, student: tf.Tensor, teacher: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Return all numbers of each map as one vector. Sizes may differ."""
        return flatten_map(student), flatten_map(teacher)

    def between(
        self, student: tf.Tensor, teacher: tf.Tensor, weights: dict[str, tf.Tensor], name: str
    ) -> tf.Tensor:
        """Return the mean squared difference of each example's row: `[batch]`."""
        mine, theirs = (
            normalize(tf.matmul(vectors, vectors, transpose_b=True))
            for vectors in (student, teacher)
        )
        return tf.reduce_mean(tf.square(mine - theirs), axis=-1)

    def check_widths(self, name: str, student: tf.Tensor, teacher: tf.Tensor) -> None:
        """Accept any widths."""


def flatten_map(tensor: tf.Tensor) -> tf.Tensor:
    """Return all numbers of each map in one row, `[batch, numbers]`; all else as it is."""
    if len(tensor.shape) < 4:
        return tensor
    return tf.reshape(tensor, [tf.shape(tensor)[0], -1])
