"""What the losses between two softened distributions share."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import tensorflow as tf

from ..errors import UserError
from ._base import LogitLoss


@dataclass(frozen=True)
class Divergence(LogitLoss):
    """A sum over classes of a function of both models' log-probabilities at a temperature.

    A subclass defines `terms(log_p, log_q)`, teacher and student, of any shape. For
    `form="binary"` and `"multilabel"` a class has two outcomes, and classes are averaged.
    """

    forms: ClassVar[tuple[str, ...]] = ("multiclass", "binary", "multilabel")
    power: ClassVar[int] = 2  # of the temperature that keeps the gradient's size
    temperature: float = 2.0

    def __post_init__(self):
        if self.form == "regression":
            raise UserError(
                f'{type(self).__name__} has no form="regression", a number has no distribution: '
                'write LogitError(form="regression").'
            )
        super().__post_init__()
        check_temperature(self.temperature)

    def terms(self, log_p: tf.Tensor, log_q: tf.Tensor) -> tf.Tensor:
        """What each class adds."""
        raise NotImplementedError(f"{type(self).__name__} defines no terms")

    def pointwise(self, student, teacher, labels):
        """The divergence at each position, times the temperature's power."""
        sides = (log_probabilities(e / self.temperature, self.form) for e in (teacher, student))
        values = tf.reduce_sum(self.terms(*sides), axis=-1)
        values = values if self.form == "multiclass" else tf.reduce_mean(values, axis=-1)
        return self.temperature**self.power * values


def check_temperature(temperature: float) -> None:
    """Raise `UserError` where a temperature is not positive and finite."""
    if not (math.isfinite(temperature) and temperature > 0):
        raise UserError(f"temperature is {temperature}: write a positive, finite number, e.g. 2.0.")


def log_probabilities(logits: tf.Tensor, form: str) -> tf.Tensor:
    """`[..., classes]`, or of the two outcomes of each sigmoid: `[..., classes, 2]`."""
    if form == "multiclass":
        return tf.nn.log_softmax(logits)
    return tf.stack([tf.math.log_sigmoid(logits), tf.math.log_sigmoid(-logits)], axis=-1)


def both_finite(log_p: tf.Tensor, log_q: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Where no side rules a class out, and both sides with 0 elsewhere."""
    possible = ~(tf.math.is_inf(log_p) | tf.math.is_inf(log_q))
    return possible, tf.where(possible, log_p, 0.0), tf.where(possible, log_q, 0.0)


def kl_terms(log_p: tf.Tensor, log_q: tf.Tensor) -> tf.Tensor:
    """p (log p - log q); a masked class adds nothing and passes no gradient."""
    _, p, q = both_finite(log_p, log_q)
    return tf.math.exp(log_p) * (p - q)
