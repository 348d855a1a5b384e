"""What the losses between two softened distributions share."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar, cast

import tensorflow as tf

from ..errors import UserError
from ._logits import LogitLoss
from ._positions import is_labelled, is_possible
from .schedules import Schedule, is_schedule

TRUSTS = ("all", "confidence", "correct")


@dataclass(frozen=True)
class Divergence(LogitLoss):
    """A sum over classes of a function of both models' log-probabilities at a temperature.

    A subclass defines `terms(log_p, log_q)`, teacher and student, of any shape. For
    `form="binary"` and `"multilabel"` a class has two outcomes, and classes are averaged.
    `trust` weighs each position: `"all"` alike, by the teacher's `"confidence"` (the probability
    of its first choice), or only those where that is `"correct"`, or has no label. `soften` is
    how far each is softened: `"all"` by the temperature $T$, or by the teacher's `"confidence"` $c$
    of $K$ classes, $1 + (T - 1)(cK - 1)/(K - 1)$: what it is unsure of is soft already.
    """

    forms: ClassVar[tuple[str, ...]] = ("multiclass", "binary", "multilabel")
    # Of the temperature, which keeps the gradient's size.
    power: ClassVar[int] = 2
    temperature: float | Schedule = 2.0
    trust: str = "all"
    soften: str = "all"

    def __post_init__(self) -> None:
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
        if self.soften not in ("all", "confidence"):
            raise UserError(
                f"{type(self).__name__}(soften={self.soften!r}): write 'all' or 'confidence'."
            )

    def prepare(self, logits: tf.Tensor) -> tf.Tensor:
        """Return what the temperature divides, of the logits of one side."""
        return logits

    def prepare_labels(self, logits: tf.Tensor, labels: tf.Tensor | None) -> Any:
        """Return the labels, where they tell whom to trust."""
        return labels if self.trust == "correct" else None

    def terms(self, log_p: tf.Tensor, log_q: tf.Tensor) -> tf.Tensor:
        """Return what each class adds, given log-probabilities of teacher and student."""
        raise NotImplementedError(f"{type(self).__name__} defines no terms")

    def pointwise(self, student: tf.Tensor, teacher: tf.Tensor, labels: Any) -> tf.Tensor:
        """Return the divergence at each position, times the temperature's power."""
        # logits -> their own preparation -> over the temperature -> log-probabilities -> terms by
        # class -> sum over the classes -> times the temperature's power -> times the trust.
        temperature = self._temperatures(teacher)
        by_class = temperature[..., None] if self.form == "multiclass" else temperature
        sides = (
            log_probabilities(self.prepare(logits) / by_class, self.form)
            for logits in (teacher, student)
        )
        values = temperature**self.power * tf.reduce_sum(self.terms(*sides), axis=-1)
        values = values if self.form == "multiclass" else tf.reduce_mean(values, axis=-1)
        return self._trust_of(teacher, labels) * values

    def _temperatures(self, teacher: tf.Tensor) -> tf.Tensor:
        """Return the temperature: one for all, one for each position, or for each class of it."""
        highest = tf.cast(cast("float", self.temperature), tf.float32)
        if self.soften == "all":
            return highest
        count: tf.Tensor | float = 2.0
        if self.form == "multiclass":
            count = tf.reduce_sum(tf.cast(is_possible(teacher), tf.float32), axis=-1)
        first = self._confidence(teacher)
        return 1.0 + (highest - 1.0) * (count * first - 1.0) / tf.maximum(count - 1.0, 1.0)

    def _confidence(self, teacher: tf.Tensor) -> tf.Tensor:
        """Return the probability of the teacher's first choice, at each position or class."""
        return tf.exp(tf.reduce_max(log_probabilities(teacher, self.form), axis=-1))

    def _trust_of(self, teacher: tf.Tensor, labels: Any) -> tf.Tensor | float:
        """Return how much each position counts, by the teacher."""
        if self.trust == "all" or (self.trust == "correct" and labels is None):
            return 1.0
        if self.trust == "correct":
            labels = labels[..., 0] if labels.shape.rank == teacher.shape.rank else labels
            right = tf.equal(tf.argmax(teacher, -1, tf.int32), tf.cast(labels, tf.int32))
            return tf.cast(right | ~is_labelled(labels), tf.float32)
        first = self._confidence(teacher)
        return first if self.form == "multiclass" else tf.reduce_mean(first, axis=-1)


def check_temperature(temperature: Any) -> None:
    """Raise `UserError` where a temperature, or either end of its schedule, is not positive."""
    if is_schedule(temperature):
        for end in ("start", "end"):
            check_temperature(getattr(temperature, end, 1.0))
        return
    if not (math.isfinite(temperature) and temperature > 0):
        raise UserError(f"temperature is {temperature}: write a positive, finite number, e.g. 2.0.")


def log_probabilities(logits: tf.Tensor, form: str) -> tf.Tensor:
    """Return log-probabilities `[..., classes]`, or of a sigmoid's outcomes `[..., classes, 2]`."""
    if form == "multiclass":
        return tf.nn.log_softmax(logits)
    return tf.stack([tf.math.log_sigmoid(logits), tf.math.log_sigmoid(-logits)], axis=-1)


def both_finite(log_p: tf.Tensor, log_q: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Return where no side rules a class out, and both sides with 0 elsewhere."""
    possible = ~(tf.math.is_inf(log_p) | tf.math.is_inf(log_q))
    return possible, tf.where(possible, log_p, 0.0), tf.where(possible, log_q, 0.0)


def kl_terms(log_p: tf.Tensor, log_q: tf.Tensor) -> tf.Tensor:
    """Return p (log p - log q); a masked class adds nothing and passes no gradient."""
    _, p, q = both_finite(log_p, log_q)
    return tf.math.exp(log_p) * (p - q)
