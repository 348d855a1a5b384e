"""Correlate with the teacher instead of matching it: within an example, and within a class."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import tensorflow as tf

from ..errors import UserError
from ._batch import Batch, Outputs
from ._divergence import check_temperature
from ._logits import LogitLoss
from ._positions import per_example

_SMALLEST = 1e-12


@dataclass(frozen=True)
class Correlation(LogitLoss):
    r"""One minus Pearson's correlation of the probabilities, by rows and by columns.

    With $p, q$ the softmax of teacher and student at the temperature $T$, for a batch of $B$
    positions and $C$ classes

    $$\mathcal L = T^2 \left[\beta\,\frac1B \sum_b \big(1 - \rho(q_{b\cdot}, p_{b\cdot})\big)
      + \gamma\,\frac1C \sum_c \big(1 - \rho(q_{\cdot c}, p_{\cdot c})\big)\right]$$

    with $\beta$ = `inter_weight` (between the classes of an example) and $\gamma$ =
    `intra_weight` (within a class, over the batch: on N replicas, over each replica's share).
    The student keeps its own confidence, which a small one needs next to a large teacher. The
    first part of two classes is only which of them is the larger.

    Source: Huang et al. 2022 (DIST), arXiv:2205.10536, equations 7 to 10.

    >>> loss = Correlation(intra_weight=0.0)
    >>> from tfkd import Batch
    >>> s, t = (
    ...     {"logits": tf.constant([[0.0, 1.0, 2.0]])},
    ...     {"logits": tf.constant([[2.0, 1.0, 0.0]])},
    ... )
    >>> loss(s, t, Batch()).numpy().round(4)
    array([3.7342], dtype=float32)
    """

    citation: ClassVar[str] = "Huang et al. 2022 (DIST), arXiv:2205.10536"
    forms = ("multiclass",)
    temperature: float = 1.0
    inter_weight: float = 2.0
    intra_weight: float = 2.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_temperature(self.temperature)
        for name in ("inter_weight", "intra_weight"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0):
                raise UserError(f"Correlation({name}={value}): write a number >= 0.")

    def __call__(
        self,
        student: Outputs,
        teacher: Outputs,
        batch: Batch,
        weights: dict[str, tf.Tensor] | None = None,
    ) -> tf.Tensor:
        """Add the part within each example and that of the batch, where it counts: `[batch]`."""
        values = super().__call__(student, teacher, batch, weights)
        if not self.intra_weight:
            return values
        counts = self.counts(student, batch)
        intra = self._intra(student["logits"], teacher["logits"], counts)
        return values + tf.where(per_example(counts) > 0, intra, 0.0)

    def pointwise(self, student: tf.Tensor, teacher: tf.Tensor, labels: Any) -> tf.Tensor:
        """Return T² β (1 - ρ) over the classes at each position."""
        p, q = self._probabilities(teacher), self._probabilities(student)
        return self.temperature**2 * self.inter_weight * (1.0 - _pearson(q, p, None))

    def _intra(self, student: tf.Tensor, teacher: tf.Tensor, counts: tf.Tensor) -> tf.Tensor:
        """Return T² γ (1 - ρ) over the positions of the batch, averaged over classes."""
        valid = tf.reshape(counts > 0, [-1, 1])
        sides = (tf.cast(side, tf.float32) for side in (tf.stop_gradient(teacher), student))
        rows = (tf.reshape(side, [-1, student.shape[-1]]) for side in sides)
        p, q = (self._probabilities(tf.where(valid, side, 0.0)) for side in rows)
        weight = tf.reshape(counts, [1, -1])
        rho = _pearson(tf.transpose(q), tf.transpose(p), weight)
        return self.temperature**2 * self.intra_weight * tf.reduce_mean(1.0 - rho)

    def _probabilities(self, logits: tf.Tensor) -> tf.Tensor:
        return tf.nn.softmax(logits / self.temperature)


def _pearson(one: tf.Tensor, two: tf.Tensor, weight: tf.Tensor | None) -> tf.Tensor:
    """Return the weighted correlation over the last axis; 1 where both sides are constant."""
    weight = tf.ones_like(one[..., :1]) if weight is None else weight
    weight = weight + tf.zeros_like(one)
    total = tf.reduce_sum(weight, axis=-1, keepdims=True)

    def centred(x: tf.Tensor) -> tf.Tensor:
        mean = tf.math.divide_no_nan(tf.reduce_sum(weight * x, axis=-1, keepdims=True), total)
        return x - mean

    a, b = centred(one), centred(two)
    product, squares = (tf.reduce_sum(weight * value, axis=-1) for value in (a * b, a * a))
    others = tf.reduce_sum(weight * b * b, axis=-1)
    return (product + _SMALLEST) / (tf.sqrt((squares + _SMALLEST) * (others + _SMALLEST)))
