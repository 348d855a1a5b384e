"""Soft targets in two parts: how sure of the right class, and how the others compare."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import tensorflow as tf

from ..errors import UserError
from ._batch import Batch, Outputs
from ._divergence import check_temperature, kl_terms
from ._labels import check_labels, find_bad_labels
from ._logits import LogitLoss
from ._positions import count_classes, is_labelled, position_weights

TARGETS = ("label", "teacher")


@dataclass(frozen=True)
class Decoupled(LogitLoss):
    r"""Match the target class's probability and the distribution over the others, each by itself.

    With the target class $y$, the binary distributions $b = (p_y, 1 - p_y)$ of teacher and
    $\hat b$ of student, and $p', q'$ the softmax over the other classes alone, at the
    temperature $T$

    $$\mathcal L = T^2 \left[\alpha\,\mathrm{KL}(b \,\Vert\, \hat b)
      + \beta\,\mathrm{KL}(p' \,\Vert\, q')\right]$$

    with $\alpha$ = `target_weight` and $\beta$ = `others_weight`. Plain soft targets would be
    $\alpha = 1,\ \beta = 1 - p_y$, so that a teacher that is sure says nothing of the others.
    `target="label"` needs labels, and examples without one do not count; `target="teacher"`
    takes the teacher's first choice. With two classes the second part is 0.

    Source: Zhao et al. 2022, arXiv:2203.08679, equation 7; defaults of its CIFAR-100 experiments.

    >>> loss = Decoupled(temperature=1.0, others_weight=1.0)
    >>> from tfkd import Batch
    >>> s, t = {"logits": tf.zeros((1, 3))}, {"logits": tf.constant([[2.0, 1.0, 0.0]])}
    >>> loss(s, t, Batch(labels=tf.constant([0]))).numpy().round(4)
    array([0.34], dtype=float32)
    """

    citation: ClassVar[str] = "Zhao et al. 2022, arXiv:2203.08679"
    forms = ("multiclass",)
    temperature: float = 4.0
    target_weight: float = 1.0
    others_weight: float = 8.0
    target: str = "label"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_temperature(self.temperature)
        if self.target not in TARGETS:
            raise UserError(f"Decoupled(target={self.target!r}): write 'label' or 'teacher'.")
        for name in ("target_weight", "others_weight"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0):
                raise UserError(f"Decoupled({name}={value}): write a number >= 0.")

    @property
    def needs(self) -> tuple[str, ...]:  # type: ignore[override]
        """What must be there: labels too, unless the teacher names the target."""
        return ("teacher", "labels") if self.target == "label" else ("teacher",)

    def counts(self, student: Outputs, batch: Batch) -> tf.Tensor:
        """Return the weights of positions with a target, 0 elsewhere."""
        counts = position_weights(student["logits"], batch)
        if self.target == "teacher":
            return counts
        if batch.labels is None:
            return tf.zeros_like(counts)
        return tf.where(is_labelled(_ids(student["logits"], batch.labels)), counts, 0.0)

    def prepare_labels(self, logits: tf.Tensor, labels: tf.Tensor | None) -> Any:
        """Return class ids; 0 where there is none."""
        if labels is None or self.target == "teacher":
            return None
        labels = _ids(logits, labels)
        return tf.where(is_labelled(labels), tf.cast(labels, tf.int32), 0)

    def check(self, student: Outputs, teacher: Outputs | None, batch: Batch) -> None:
        """Raise `UserError` where labels are no class ids."""
        super().check(student, teacher, batch)
        if self.target == "label" and batch.labels is not None:
            labels = _ids(student["logits"], batch.labels)
            check_labels("multiclass", student["logits"], labels)

    def find_bad_labels(self, logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor | None:
        """Find labels out of range, in the shape of the labels."""
        if self.target == "teacher":
            return None
        return find_bad_labels("multiclass", count_classes(logits), labels)

    def pointwise(self, student: tf.Tensor, teacher: tf.Tensor, labels: Any) -> tf.Tensor:
        """Return T² times the weighted sum of both parts."""
        target = tf.argmax(teacher, -1, tf.int32) if labels is None else labels
        right = tf.one_hot(target, count_classes(student), on_value=True, off_value=False)
        p, q = (logits / self.temperature for logits in (teacher, student))
        of_target = tf.reduce_sum(kl_terms(_binary(p, right), _binary(q, right)), axis=-1)
        of_others = tf.reduce_sum(kl_terms(_others(p, right), _others(q, right)), axis=-1)
        total = self.target_weight * of_target + self.others_weight * of_others
        return self.temperature**2 * total


def _ids(logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    same_rank = labels.shape.rank == logits.shape.rank
    return labels[..., 0] if same_rank and labels.shape[-1] == 1 else labels


def _others(logits: tf.Tensor, right: tf.Tensor) -> tf.Tensor:
    """Return log-probabilities of the other classes among themselves; -inf for the target."""
    usable = ~right & ~tf.math.is_inf(logits)
    total = _log_sum(logits, usable)
    total = tf.where(tf.math.is_inf(total), 0.0, total)
    return tf.where(usable, tf.where(usable, logits, 0.0) - total, -math.inf)


def _binary(logits: tf.Tensor, right: tf.Tensor) -> tf.Tensor:
    """Return log-probabilities of the target and of all others together: `[..., 2]`."""
    usable = ~tf.math.is_inf(logits)
    parts = [_log_sum(logits, usable & right), _log_sum(logits, usable & ~right)]
    return tf.nn.log_softmax(tf.concat(parts, axis=-1))


def _log_sum(logits: tf.Tensor, which: tf.Tensor) -> tf.Tensor:
    """Return log Σ exp over some classes, `[..., 1]`; -inf where there are none."""
    total = tf.reduce_logsumexp(tf.where(which, logits, -1e30), axis=-1, keepdims=True)
    return tf.where(tf.reduce_any(which, axis=-1, keepdims=True), total, -math.inf)
