"""What every loss shares: the base class, and the base of losses on logits."""

from __future__ import annotations

import copy
import dataclasses
from typing import Any, ClassVar

import tensorflow as tf

from ..errors import UserError
from ..outputs import IGNORE, Batch, Outputs
from ..schedules import config, is_schedule, read

FORMS = ("multiclass", "binary", "multilabel", "regression")


@dataclasses.dataclass(frozen=True)
class DistillationLoss:
    """A pure function of named bundles of tensors: `(student, teacher, batch, weights) -> [batch]`.

    A subclass is a frozen dataclass; its fields are its config. `reads` names the outputs that
    it takes from the teacher, `student_reads` from the student, and `needs` which of "teacher"
    and "labels" must be there.
    """

    reads: ClassVar[tuple[str, ...]] = ("logits",)
    student_reads: ClassVar[tuple[str, ...]] = ("logits",)
    needs: ClassVar[tuple[str, ...]] = ("teacher",)

    def __post_init__(self):
        for field in dataclasses.fields(self):  # a config has a table in a schedule's place
            value = getattr(self, field.name)
            if isinstance(value, dict):
                object.__setattr__(self, field.name, read(value))

    def scheduled(self) -> dict[str, Any]:
        """The fields that change with the step."""
        values = {each.name: getattr(self, each.name) for each in dataclasses.fields(self)}
        return {name: value for name, value in values.items() if is_schedule(value)}

    def at(self, step):
        """This loss with its numbers of a step."""
        changing = self.scheduled()
        if not changing:
            return self
        now = copy.copy(self)
        for name, schedule in changing.items():
            object.__setattr__(now, name, schedule(step))
        return now

    def __call__(
        self, student: Outputs, teacher: Outputs, batch: Batch, weights: dict
    ) -> tf.Tensor:
        """The loss of each example: `[batch]`, float32."""
        raise NotImplementedError(f"{type(self).__name__} defines no __call__")

    def counts(self, student: Outputs, batch: Batch) -> tf.Tensor:
        """How much each position counts: logits without the last axis, 0 where padded."""
        return position_weights(student["logits"], batch)

    def weights(self, student: Outputs, teacher: Outputs) -> dict[str, tuple[int, ...]]:
        """Shapes of the trainable projections that this loss wants, by name."""
        return {}

    def check(self, student: Outputs, teacher: Outputs | None, batch: Batch) -> None:
        """Raise `UserError` where one example batch shows that this loss cannot work."""

    def get_config(self) -> dict[str, Any]:
        """The fields, JSON-able: `type(loss)(**loss.get_config()) == loss`."""
        for each in self.scheduled().values():
            config(each)
        return dataclasses.asdict(self)

    def __rmul__(self, weight):
        """`0.7 * loss` is an `Objective`."""
        from ..objective import Objective

        return Objective(((weight, self),))

    def __add__(self, other):
        """`loss + other` is an `Objective`."""
        return 1.0 * self + other


@dataclasses.dataclass(frozen=True)
class LogitLoss(DistillationLoss):
    """A loss at each position of the logits, averaged over the positions that count.

    A subclass defines `pointwise(student, teacher, labels)`: float32 logits `[..., classes]`
    (and labels) in, `[...]` out. Padded positions are replaced before and after, so that
    whatever stands there, NaN included, reaches neither the loss nor a gradient.
    """

    form: str = "multiclass"
    forms: ClassVar[tuple[str, ...]] = FORMS

    def __post_init__(self):
        super().__post_init__()
        if self.form not in self.forms:
            raise UserError(
                f"{type(self).__name__}(form={self.form!r}): write one of "
                f"{', '.join(map(repr, self.forms))}."
            )

    def pointwise(self, student: tf.Tensor, teacher: tf.Tensor | None, labels: tf.Tensor | None):
        """The loss at each position."""
        raise NotImplementedError(f"{type(self).__name__} defines no pointwise")

    def __call__(self, student, teacher, batch, weights=None):
        """The mean of `pointwise` over the positions of each example that count: `[batch]`."""
        counts = self.counts(student, batch)
        valid = counts > 0
        logits, targets = (_sanitised(side, valid) for side in (student, teacher))
        targets = None if targets is None else tf.stop_gradient(targets)
        labels = self.prepare_labels(logits, batch.labels)
        values = tf.where(valid, self.pointwise(logits, targets, labels), 0.0)
        return tf.math.divide_no_nan(per_example(values * counts), per_example(counts))

    def prepare_labels(self, logits, labels):
        """The labels with a harmless number where there is none, in the shape of the form."""
        return None

    def check(self, student, teacher, batch):
        """The last axis must fit the form, and be the same on both sides."""
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


def position_weights(logits: tf.Tensor, batch: Batch) -> tf.Tensor:
    """`batch.mask` as float32, or ones: logits without the last axis."""
    if batch.mask is None:
        return tf.ones(tf.shape(logits)[:-1], tf.float32)
    return tf.cast(batch.mask, tf.float32)


def labelled(labels: tf.Tensor) -> tf.Tensor:
    """True where a label is known: neither -100 nor NaN (regression)."""
    if labels.dtype.is_floating:
        return tf.logical_not(tf.math.is_nan(labels) | tf.equal(labels, float(IGNORE)))
    return tf.not_equal(labels, IGNORE)


def per_example(values: tf.Tensor) -> tf.Tensor:
    """Sum over all axes but the first: `[batch, ...]` to `[batch]`."""
    return tf.reduce_sum(values, axis=tuple(range(1, values.shape.rank)))


def _sanitised(outputs: Outputs | None, valid: tf.Tensor) -> tf.Tensor | None:
    if outputs is None or "logits" not in outputs:
        return None
    return tf.where(valid[..., None], tf.cast(outputs["logits"], tf.float32), 0.0)
