"""What the losses between two softened distributions share."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, cast

import tensorflow as tf

from ..errors import UserError
from ..schedules import Schedule, is_schedule
from ._base import LogitLoss, labelled

TRUSTS = ("all", "confidence", "correct")


@dataclass(frozen=True)
class Divergence(LogitLoss):
    """A sum over classes of a function of both models' log-probabilities at a temperature.

    A subclass defines `terms(log_p, log_q)`, teacher and student, of any shape. For
    `form="binary"` and `"multilabel"` a class has two outcomes, and classes are averaged.
    `trust` weighs each position: `"all"` alike, by the teacher's `"confidence"` (the probability
    of its first choice), or only those where that is `"correct"`, or has no label.
    """

    forms: ClassVar[tuple[str, ...]] = ("multiclass", "binary", "multilabel")
    power: ClassVar[int] = 2  # of the temperature that keeps the gradient's size
    temperature: float | Schedule = 2.0
    trust: str = "all"

    def __post_init__(self):
        if self.form == "regression":
            raise UserError(
                f'{type(self).__name__} has no form="regression", a number has no distribution: '
                'write LogitError(form="regression").'
            )
        super().__post_init__()
        check_temperature(self.temperature)
        if self.trust not in TRUSTS or (self.trust == "correct" and self.form != "multiclass"):
            raise UserError(
                f"{type(self).__name__}(trust={self.trust!r}, form={self.form!r}): write 'all', "
                "'confidence' or, of a multiclass teacher, 'correct'."
            )

    def prepared(self, logits: tf.Tensor) -> tf.Tensor:
        """The logits of one side, before the temperature."""
        return logits

    def prepare_labels(self, logits, labels):
        """The labels, where they tell whom to trust."""
        return labels if self.trust == "correct" else None

    def terms(self, log_p: tf.Tensor, log_q: tf.Tensor) -> tf.Tensor:
        """What each class adds."""
        raise NotImplementedError(f"{type(self).__name__} defines no terms")

    def pointwise(self, student, teacher, labels):
        """The divergence at each position, times the temperature's power."""
        sides = (
            log_probabilities(self.prepared(each) / self.temperature, self.form)
            for each in (teacher, student)
        )
        values = tf.reduce_sum(self.terms(*sides), axis=-1)
        values = values if self.form == "multiclass" else tf.reduce_mean(values, axis=-1)
        return (
            cast("float", self.temperature) ** self.power * self._trusted(teacher, labels) * values
        )

    def _trusted(self, teacher: tf.Tensor, labels) -> tf.Tensor | float:
        """How much each position counts, by the teacher."""
        if self.trust == "all" or (self.trust == "correct" and labels is None):
            return 1.0
        if self.trust == "correct":
            labels = labels[..., 0] if labels.shape.rank == teacher.shape.rank else labels
            right = tf.equal(tf.argmax(teacher, -1, tf.int32), tf.cast(labels, tf.int32))
            return tf.cast(right | ~labelled(labels), tf.float32)
        first = tf.exp(tf.reduce_max(log_probabilities(teacher, self.form), axis=-1))
        return first if self.form == "multiclass" else tf.reduce_mean(first, axis=-1)


def check_temperature(temperature) -> None:
    """Raise `UserError` where a temperature, or either end of its schedule, is not positive."""
    if is_schedule(temperature):
        for end in ("start", "end"):
            check_temperature(getattr(temperature, end, 1.0))
        return
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
