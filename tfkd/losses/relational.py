"""Distances and angles between the examples of a batch."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import tensorflow as tf

from ..errors import UserError
from ._feature_tensors import normalize
from ._features import PooledLoss
from .layer_maps import Pairs

_SMALLEST = 1e-12


@dataclass(frozen=True)
class Relational(PooledLoss):
    r"""Match how the examples of a batch lie to each other: their distances and their angles.

    With one vector $x_i$ an example, $\psi_{ij} = \lVert x_i - x_j \rVert / \mu$, where $\mu$ is
    the mean distance in the batch, and $\phi_{ijk}$ the cosine of the angle at $x_j$

    $$\mathcal L_i = \lambda_D\,\frac1{B} \sum_j h(\psi^s_{ij} - \psi^t_{ij})
      + \lambda_A\,\frac1{B^2} \sum_{j,k} h(\phi^s_{jik} - \phi^t_{jik})$$

    with $h$ the Huber function of $\delta = 1$, `distance_weight` $\lambda_D$ and `angle_weight`
    $\lambda_A$. Widths need not agree, so there is no projection. The vectors are those of
    `pooling` (`"mean"` or `"first"` token) in the pairs of layers, by default the last ones. On N
    replicas the batch is each replica's share. The angles take $B^3$ numbers.

    Source: Park et al. 2019 (RKD), arXiv:1904.05068, equations 5 to 9.

    >>> loss = Relational(angle_weight=0.0, distance_weight=1.0)
    >>> from tfkd import Batch
    >>> s, t = tf.constant([[0.0], [1.0], [2.0]]), tf.constant([[0.0], [3.0], [6.0]])
    >>> loss({"hidden_states": (s, s)}, {"hidden_states": (t, t)}, Batch()).numpy().round(6)
    array([0., 0., 0.], dtype=float32)
    """

    citation: ClassVar[str] = "Park et al. 2019 (RKD), arXiv:1904.05068"
    layers: str | Pairs = "final"
    projection: str = "never"
    distance_weight: float = 1.0
    angle_weight: float = 2.0

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("distance_weight", "angle_weight"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0):
                raise UserError(f"Relational({name}={value}): write a number >= 0.")

    def between(
        self, student: tf.Tensor, teacher: tf.Tensor, weights: dict[str, tf.Tensor], name: str
    ) -> tf.Tensor:
        """Return the differences of distances and of angles, by example: `[batch]`."""
        total = tf.zeros(tf.shape(student)[:1], tf.float32)
        for weight, measure in ((self.distance_weight, _distances), (self.angle_weight, _angles)):
            if weight:
                difference = measure(student) - measure(teacher)
                size = tf.abs(difference)
                values = 0.5 * tf.square(tf.minimum(size, 1.0)) + tf.nn.relu(size - 1.0)
                axes = list(range(1, values.shape.rank))
                total += weight * tf.reduce_mean(values, axis=axes)
        return total

    def check_widths(self, name: str, student: tf.Tensor, teacher: tf.Tensor) -> None:
        """Accept any widths."""


def _distances(x: tf.Tensor) -> tf.Tensor:
    """Return distances over their mean: `[batch, batch]`."""
    squares = tf.reduce_sum(tf.square(x[:, None] - x[None]), axis=-1)
    apart = squares > _SMALLEST
    distance = tf.where(apart, tf.sqrt(tf.where(apart, squares, 1.0)), 0.0)
    count = tf.reduce_sum(tf.cast(apart, tf.float32))
    mean = tf.math.divide_no_nan(tf.reduce_sum(distance), count)
    return tf.math.divide_no_nan(distance, mean)


def _angles(x: tf.Tensor) -> tf.Tensor:
    """Return cosines of the angles at the first index: `[batch, batch, batch]`."""
    directions = normalize(x[None] - x[:, None])
    return tf.matmul(directions, directions, transpose_b=True)
