"""Soft targets of logits without their mean and scale: only their order and proportions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import tensorflow as tf

from ..errors import UserError
from ._batch import Batch, Outputs
from ._divergence import Divergence, kl_terms

# Variance of logits that are all equal.
_SMALLEST = 1e-12


@dataclass(frozen=True)
class StandardizedLogits(Divergence):
    r"""Soft targets of standardised logits, each side by its own mean and deviation.

    $$\mathcal L = T^2 \sum_c p_c \,(\log p_c - \log q_c),\qquad
      p = \mathrm{softmax}(z(t)/T),\; q = \mathrm{softmax}(z(s)/T),\qquad
      z(x) = \frac{x - \bar x}{\sigma_x}$$

    over the classes that are not at -inf. The student need not reach the size of the teacher's
    logits, which a small one cannot. Two classes would always be +1 and -1, so at least three
    are asked for.

    Source: Sun et al. 2024, arXiv:2403.01876, algorithm 1.

    >>> loss = StandardizedLogits(temperature=1.0)
    >>> from tfkd import Batch
    >>> s, t = (
    ...     {"logits": tf.constant([[1.0, 2.0, 3.0]])},
    ...     {"logits": tf.constant([[2.0, 4.0, 6.0]])},
    ... )
    >>> abs(loss(s, t, Batch()).numpy().item()) < 1e-6
    True
    """

    citation: ClassVar[str] = "Sun et al. 2024, arXiv:2403.01876"
    forms: ClassVar[tuple[str, ...]] = ("multiclass",)

    def prepare(self, logits: tf.Tensor) -> tf.Tensor:
        """Return the logits without mean and scale."""
        # `(x - mean) / deviation` over the finite classes; -inf stays.
        finite = tf.math.is_finite(logits)
        count = tf.reduce_sum(tf.cast(finite, tf.float32), axis=-1, keepdims=True)
        safe = tf.where(finite, logits, 0.0)
        mean = tf.math.divide_no_nan(tf.reduce_sum(safe, axis=-1, keepdims=True), count)
        centred = tf.where(finite, safe - mean, 0.0)
        total = tf.reduce_sum(tf.square(centred), axis=-1, keepdims=True)
        deviation = tf.sqrt(tf.math.divide_no_nan(total, count) + _SMALLEST)
        return tf.where(finite, centred / deviation, logits)

    def terms(self, log_p: tf.Tensor, log_q: tf.Tensor) -> tf.Tensor:
        """Return p (log p - log q)."""
        return kl_terms(log_p, log_q)

    def check(self, student: Outputs, teacher: Outputs | None, batch: Batch) -> None:
        """Raise `UserError` for two classes, which say nothing once they are standardised."""
        super().check(student, teacher, batch)
        if student["logits"].shape[-1] == 2:
            raise UserError(
                "StandardizedLogits of two classes are always 1 and -1: write SoftTargets()."
            )
