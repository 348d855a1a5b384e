"""How much better the right candidate is than each other one, as the teacher sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import tensorflow as tf

from ._batch import Batch, Outputs
from ._logits import LogitLoss
from .hard_labels import HardLabels

_FAR = -1e8
"""Logits below this stand for a candidate that is not there."""


@dataclass(frozen=True)
class MarginError(LogitLoss):
    r"""Regress the margins of the right candidate on the teacher's.

    With teacher logits $t$, student logits $s$ and the label $y$

    $$\mathcal L = \frac1{C-1} \sum_{c \ne y} \big((s_y - s_c) - (t_y - t_c)\big)^2$$

    so that a list is ordered alike, wherever its scores lie. Examples without a label (-100) do not
    count, nor do candidates that are not there (below -1e8 on either side).

    Source: Hofstätter et al. 2020, arXiv:2010.02666, equation 6 (there with one other candidate).

    >>> loss = MarginError()
    >>> from tfkd import Batch
    >>> s, t = (
    ...     {"logits": tf.constant([[1.0, 0.0, 0.0]])},
    ...     {"logits": tf.constant([[3.0, 1.0, 2.0]])},
    ... )
    >>> loss(s, t, Batch(labels=tf.constant([0]))).numpy()
    array([0.5], dtype=float32)
    """

    citation: ClassVar[str] = "Hofstätter et al. 2020, arXiv:2010.02666"
    needs: ClassVar[tuple[str, ...]] = ("teacher", "labels")
    forms: ClassVar[tuple[str, ...]] = ("multiclass",)

    def counts(self, student: Outputs, batch: Batch) -> tf.Tensor:
        """Return the weights of positions with a known label, 0 elsewhere."""
        return HardLabels().counts(student, batch)

    def prepare_labels(self, logits: tf.Tensor, labels: tf.Tensor | None) -> Any:
        """Return labels with 0 where one is missing."""
        return HardLabels().prepare_labels(logits, labels)[0]

    def check(self, student: Outputs, teacher: Outputs | None, batch: Batch) -> None:
        """Raise `UserError` where labels or logits do not fit."""
        super().check(student, teacher, batch)
        HardLabels().check(student, None, batch)

    def find_bad_labels(self, logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        """Find labels out of range, in the shape of the labels."""
        return HardLabels().find_bad_labels(logits, labels)

    def pointwise(self, student: tf.Tensor, teacher: tf.Tensor, labels: Any) -> tf.Tensor:
        """Return the mean squared difference of the margins at each position."""
        there = _is_there(student) & _is_there(teacher)
        apart = tf.where(there, student, 0.0) - tf.where(there, teacher, 0.0)
        right = tf.one_hot(tf.cast(labels, tf.int32), tf.shape(student)[-1])
        of_right = tf.reduce_sum(apart * right, axis=-1, keepdims=True)
        others = tf.cast(there, tf.float32) * (1.0 - right)
        total = tf.reduce_sum(tf.square(of_right - apart) * others, axis=-1)
        return tf.math.divide_no_nan(total, tf.reduce_sum(others, axis=-1))


def _is_there(logits: tf.Tensor) -> tf.Tensor:
    return tf.math.is_finite(logits) & (logits > _FAR)
