"""The distance between the two models' logits themselves."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import tensorflow as tf

from ..errors import UserError
from ._logits import LogitLoss


@dataclass(frozen=True)
class LogitError(LogitLoss):
    r"""Regress the student's logits on the teacher's: no temperature, no softmax.

    $$\mathcal L = \frac1C \sum_c h(s_c - t_c),\qquad h(d) = d^2$$

    or, with `kind="huber"`, $h(d) = d^2/2$ for $|d| \le \delta$ and
    $\delta\,(|d| - \delta/2)$ beyond. All four forms are the same sum; `form` says what the
    numbers are, so that one logit is never mistaken for a class. Classes at ±inf on either
    side are left out of the mean.

    Source: Ba and Caruana 2014, arXiv:1312.6184, equation 1 (there without the 1/C).

    >>> loss = LogitError()
    >>> from tfkd import Batch
    >>> s, t = {"logits": tf.constant([[1.0, 0.0]])}, {"logits": tf.constant([[3.0, 1.0]])}
    >>> loss(s, t, Batch()).numpy()
    array([2.5], dtype=float32)
    """

    citation: ClassVar[str] = "Ba and Caruana 2014, arXiv:1312.6184"
    kind: str = "squared"
    delta: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.kind not in ("squared", "huber"):
            raise UserError(f"LogitError(kind={self.kind!r}): write 'squared' or 'huber'.")
        if not (math.isfinite(self.delta) and self.delta > 0):
            raise UserError(f"delta is {self.delta}: write a positive, finite number, e.g. 1.0.")

    def pointwise(self, student: tf.Tensor, teacher: tf.Tensor, labels: Any) -> tf.Tensor:
        """Return the mean over classes of h(s - t)."""
        usable = tf.math.is_finite(student) & tf.math.is_finite(teacher)
        difference = tf.where(usable, student, 0.0) - tf.where(usable, teacher, 0.0)
        total = tf.reduce_sum(self._distance(difference), axis=-1)
        return tf.math.divide_no_nan(total, tf.reduce_sum(tf.cast(usable, tf.float32), axis=-1))

    def _distance(self, difference: tf.Tensor) -> tf.Tensor:
        if self.kind == "squared":
            return tf.square(difference)
        size = tf.abs(difference)
        inside = 0.5 * tf.square(tf.minimum(size, self.delta))
        return inside + self.delta * tf.nn.relu(size - self.delta)
