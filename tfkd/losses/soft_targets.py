"""The divergence between the teacher's and the student's softened distributions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import tensorflow as tf

from ..errors import UserError
from ._base import LogitLoss


@dataclass(frozen=True)
class SoftTargets(LogitLoss):
    r"""Match the teacher's probabilities at a temperature.

    With teacher logits $t$, student logits $s$ and temperature $T$

    $$\mathcal L = T^2 \sum_c p_c \,(\log p_c - \log q_c),\qquad
      p = \mathrm{softmax}(t/T),\; q = \mathrm{softmax}(s/T)$$

    in log space. `form="binary"` (one logit) and `"multilabel"` (mean over classes) put the two
    outcomes of a sigmoid in place of the softmax. $T^2$ keeps the gradient's size comparable
    across temperatures. Classes at -inf on either side add nothing.
    Raises `UserError` for a temperature that is not positive and finite.

    Source: Hinton, Vinyals, Dean 2015, arXiv:1503.02531, section 2.

    >>> loss = SoftTargets(temperature=2.0)
    >>> from tfkd.outputs import Batch
    >>> s, t = {"logits": tf.constant([[0.0, 0.0]])}, {"logits": tf.constant([[2.0, 0.0]])}
    >>> loss(s, t, Batch()).numpy().round(4)
    array([0.4438], dtype=float32)
    """

    forms: ClassVar[tuple[str, ...]] = ("multiclass", "binary", "multilabel")
    temperature: float = 2.0

    def __post_init__(self):
        if self.form == "regression":
            raise UserError(
                'SoftTargets has no form="regression", a number has no distribution: '
                'write LogitError(form="regression").'
            )
        super().__post_init__()
        if not (math.isfinite(self.temperature) and self.temperature > 0):
            raise UserError(
                f"temperature is {self.temperature}: write a positive, finite number, e.g. 2.0."
            )

    def pointwise(self, student, teacher, labels):
        """T² times the divergence at each position."""
        student, teacher = student / self.temperature, teacher / self.temperature
        if self.form == "multiclass":
            values = _divergence(tf.nn.log_softmax(teacher), tf.nn.log_softmax(student))
        else:
            values = tf.reduce_mean(_sigmoid_divergence(teacher, student), axis=-1)
        return self.temperature**2 * values


def _divergence(log_p: tf.Tensor, log_q: tf.Tensor) -> tf.Tensor:
    return tf.reduce_sum(_term(log_p, log_q), axis=-1)


def _sigmoid_divergence(teacher: tf.Tensor, student: tf.Tensor) -> tf.Tensor:
    yes = _term(tf.math.log_sigmoid(teacher), tf.math.log_sigmoid(student))
    no = _term(tf.math.log_sigmoid(-teacher), tf.math.log_sigmoid(-student))
    return yes + no


def _term(log_p: tf.Tensor, log_q: tf.Tensor) -> tf.Tensor:
    """p (log p - log q), where a masked class adds nothing and passes no gradient."""
    possible = ~(tf.math.is_inf(log_p) | tf.math.is_inf(log_q))
    difference = tf.where(possible, log_p, 0.0) - tf.where(possible, log_q, 0.0)
    return tf.math.exp(log_p) * difference
