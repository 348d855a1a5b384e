"""Cross-entropy with the true labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import tensorflow as tf

from ..errors import UserError
from ._batch import Batch, Outputs
from ._labels import check_labels, find_bad_labels
from ._logits import LogitLoss
from ._positions import count_classes, is_labelled, is_possible, position_weights


@dataclass(frozen=True)
class HardLabels(LogitLoss):
    r"""The error against the true labels; unlabelled positions (-100) do not count.

    | `form` | logits | labels | loss |
    |---|---|---|---|
    | `"multiclass"` | `[..., classes]` | `[...]`, ids | $-\log \mathrm{softmax}(s)_y$ |
    | `"binary"` | `[..., 1]` | `[...]`, 0 or 1 | $-\log \sigma(\pm s)$ |
    | `"multilabel"` | `[..., classes]` | `[..., classes]`, 0 or 1 | mean over classes of the same |
    | `"regression"` | `[..., d]` | `[..., d]` (or `[...]` if d = 1) | mean of $(s - y)^2$ |

    `label_smoothing` mixes the labels with the uniform distribution (Szegedy et al. 2016,
    arXiv:1512.00567, section 7). Raises `UserError` for an unknown form or a smoothing outside
    [0, 1).

    >>> loss = HardLabels()
    >>> from tfkd import Batch
    >>> batch = Batch(labels=tf.constant([0, -100]))
    >>> loss({"logits": tf.constant([[2.0, 0.0], [5.0, 5.0]])}, None, batch).numpy().round(4)
    array([0.1269, 0.    ], dtype=float32)
    """

    needs: ClassVar[tuple[str, ...]] = ("labels",)
    label_smoothing: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0.0 <= self.label_smoothing < 1.0:
            raise UserError(f"label_smoothing is {self.label_smoothing}: write 0 <= value < 1.")

    def counts(self, student: Outputs, batch: Batch) -> tf.Tensor:
        """Return the weights of positions with a known label, 0 elsewhere."""
        counts = position_weights(student["logits"], batch)
        if batch.labels is None:
            return tf.zeros_like(counts)
        known = is_labelled(self._shaped(student["logits"], batch.labels))
        if self._per_class:
            known = tf.reduce_any(known, axis=-1)
        return tf.where(known, counts, 0.0)

    @property
    def _per_class(self) -> bool:
        return self.form in ("multilabel", "regression")

    def _shaped(self, logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        """Return labels in the shape of the form: a last axis of 1 comes or goes."""
        same_rank = labels.shape.rank == logits.shape.rank
        if self._per_class and not same_rank and logits.shape[-1] == 1:
            return labels[..., None]
        if not self._per_class and same_rank and labels.shape[-1] == 1:
            return labels[..., 0]
        return labels

    def prepare_labels(self, logits: tf.Tensor, labels: tf.Tensor | None) -> Any:
        """Return labels with 0 where one is missing, and where they are known."""
        if labels is None:
            return tf.zeros(tf.shape(logits)[:-1], tf.int32), None
        labels = self._shaped(logits, labels)
        known = is_labelled(labels)
        return tf.where(known, labels, tf.zeros_like(labels)), known

    def check(self, student: Outputs, teacher: Outputs | None, batch: Batch) -> None:
        """Raise `UserError` where labels do not fit the logits in shape or range."""
        super().check(student, teacher, batch)
        if batch.labels is not None:
            check_labels(
                self.form, student["logits"], self._shaped(student["logits"], batch.labels)
            )

    def find_bad_labels(self, logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        """Find labels out of range, in the shape of the labels."""
        return find_bad_labels(self.form, count_classes(logits), labels)

    def pointwise(self, student: tf.Tensor, teacher: tf.Tensor, labels: Any) -> tf.Tensor:
        """Return the error at each position, in one of the four forms."""
        labels, known = labels
        if self.form == "multiclass":
            right = tf.nn.sparse_softmax_cross_entropy_with_logits(
                tf.cast(labels, tf.int32), student
            )
            if not self.label_smoothing:
                return right
            log_q = tf.nn.log_softmax(student)
            anything = -_mean_where(log_q, is_possible(log_q))
            return (1.0 - self.label_smoothing) * right + self.label_smoothing * anything
        labels = tf.cast(labels, tf.float32)
        if self.form == "binary":
            return self._sigmoid(student[..., 0], labels)
        values = (
            tf.square(student - labels)
            if self.form == "regression"
            else self._sigmoid(student, labels)
        )
        return _mean_where(values, known)

    def _sigmoid(self, logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        smooth = labels * (1.0 - self.label_smoothing) + 0.5 * self.label_smoothing
        labels = tf.where(tf.math.is_inf(logits), labels, smooth)
        # softplus with the label's own sign: a masked class (-inf) with label 0 costs 0, not NaN.
        positive, negative = tf.nn.softplus(-logits), tf.nn.softplus(logits)
        return tf.math.multiply_no_nan(positive, labels) + tf.math.multiply_no_nan(
            negative, 1.0 - labels
        )


def _mean_where(values: tf.Tensor, known: tf.Tensor | None) -> tf.Tensor:
    if known is None:
        return tf.reduce_mean(values, axis=-1)
    total = tf.reduce_sum(tf.where(known, values, 0.0), axis=-1)
    return tf.math.divide_no_nan(total, tf.reduce_sum(tf.cast(known, tf.float32), axis=-1))
