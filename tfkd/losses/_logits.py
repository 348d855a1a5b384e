"""The base of losses on logits: a value at each position, averaged over those that count."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

import tensorflow as tf

from ..errors import UserError
from ._base import DistillationLoss
from ._batch import Batch, Outputs
from ._positions import per_example

FORMS = ("multiclass", "binary", "multilabel", "regression")


@dataclasses.dataclass(frozen=True)
class LogitLoss(DistillationLoss):
    """A loss at each position of the logits, averaged over the positions that count.

    A subclass defines `pointwise(student, teacher, labels)`: float32 logits `[..., classes]`
    (and labels) in, `[...]` out. Padded positions are replaced before and after, so that
    whatever stands there, NaN included, reaches neither the loss nor a gradient.
    """

    form: str = "multiclass"
    forms: ClassVar[tuple[str, ...]] = FORMS

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.form not in self.forms:
            raise UserError(
                f"{type(self).__name__}(form={self.form!r}): write one of "
                f"{', '.join(map(repr, self.forms))}."
            )

    def pointwise(self, student: tf.Tensor, teacher: Any, labels: Any) -> tf.Tensor:
        """Return the loss at each position: `[...]` of logits `[..., classes]`.

        Args:
            student: Its logits, float32.
            teacher: Its logits, float32; `None` where the loss needs no teacher.
            labels: What `prepare_labels` returned.
        """
        raise NotImplementedError(f"{type(self).__name__} defines no pointwise")

    def __call__(
        self,
        student: Outputs,
        teacher: Outputs,
        batch: Batch,
        weights: dict[str, tf.Tensor] | None = None,
    ) -> tf.Tensor:
        """Average `pointwise` over the positions of each example that count: `[batch]`."""
        counts = self.counts(student, batch)
        valid = counts > 0
        logits, targets = (_without_padding(side, valid) for side in (student, teacher))
        targets = None if targets is None else tf.stop_gradient(targets)
        labels = self.prepare_labels(logits, batch.labels)
        values = tf.where(valid, self.pointwise(logits, targets, labels), 0.0)
        return tf.math.divide_no_nan(per_example(values * counts), per_example(counts))

    def prepare_labels(self, logits: tf.Tensor, labels: tf.Tensor | None) -> Any:
        """Return what `pointwise` reads of the labels: a harmless number where there is none."""
        return None

    def check(self, student: Outputs, teacher: Outputs | None, batch: Batch) -> None:
        """Raise `UserError` where the last axis does not fit the form, or the sides differ."""
        shape = tuple(student["logits"].shape)
        _check_form(type(self).__name__, self.form, shape[-1])
        if "teacher" not in self.needs or teacher is None or "logits" not in teacher:
            return
        other = tuple(teacher["logits"].shape)
        if other[-1] != shape[-1]:
            raise UserError(
                f"the student has {shape[-1]} classes and the teacher {other[-1]}: their logits "
                f"end in {shape} and {other}; give both models the same classes in the same order."
            )
        if len(other) != len(shape) or (None not in shape + other and other != shape):
            raise UserError(
                f"the student's logits are {shape} and the teacher's {other}: both must have a "
                "row at the same positions of the same examples."
            )


def _check_form(name: str, form: str, size: int) -> None:
    if form == "multiclass" and size == 1:
        raise UserError(
            f"{name} got one logit per example, and a softmax over one class is always 1: "
            f'write {name}(form="binary") or, for a number, form="regression".'
        )
    if form == "binary" and size != 1:
        raise UserError(
            f'{name}(form="binary") wants one logit per example and got {size}: '
            'write form="multiclass" or form="multilabel".'
        )


def _without_padding(outputs: Outputs | None, valid: tf.Tensor) -> tf.Tensor | None:
    if outputs is None or "logits" not in outputs:
        return None
    return tf.where(valid[..., None], tf.cast(outputs["logits"], tf.float32), 0.0)
