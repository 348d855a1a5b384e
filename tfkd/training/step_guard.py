"""What cannot be right is kept out of a step: the student stays finite, and the rest is learnt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from ..losses._base import Objective
from ..losses._batch import IGNORE, Batch, Outputs
from ..losses._heads import ONLY, batch_of, outputs_of, part_of
from ..losses._labels import describe_labels
from .bad_examples import BadExamples
from .batches import Inputs, find_not_finite, zero_examples, zero_weights

Losses = dict[str, tuple[tf.Tensor, tf.Tensor]]


class StepGuard:
    """Looks at inputs, weights, labels, losses and gradients of a step; counts what is wrong.

    A plain object, so that Keras does not save it.
    """

    def __init__(self, objective: Objective, bad_examples: BadExamples) -> None:
        self._heads, self._bad = objective.by_head(), bad_examples
        # Places of inputs in which the student knows what NaN or inf mean.
        self._tolerated: set[int] = set()

    def try_inputs(self, inputs: Any, run_student: Callable[[Any], tf.Tensor]) -> None:
        """Find out whether the student has an answer to NaN, as where it fills in what is missing.

        Args:
            inputs: The student's, of a batch of which it has returned finite logits.
            run_student: Returns its logits for such inputs.
        """
        flat = tf.nest.flatten(inputs)
        places = [i for i, each in enumerate(flat) if _is_float(each)]
        tolerated = {i for i in places if not bool(tf.reduce_all(tf.math.is_finite(flat[i])))}
        rows = [each[:1] for each in flat]
        for i in places:
            size = tf.size(rows[i])
            hole = tf.reshape(tf.range(size) == size - 1, tf.shape(rows[i]))
            rows[i] = tf.where(hole, tf.constant(float("nan"), rows[i].dtype), rows[i])
        try:
            logits = run_student(tf.nest.pack_sequence_as(inputs, rows)) if places else None
        except Exception:
            # It refuses them by itself.
            logits = None
        if logits is not None and bool(tf.reduce_all(tf.math.is_finite(logits))):
            tolerated.update(places)
        self._tolerated = tolerated

    def clean_inputs(
        self, inputs: Inputs, sample_weight: tf.Tensor | None
    ) -> tuple[Inputs, tf.Tensor | None]:
        """Give examples with NaN or inf among their inputs, or a wrong weight, the weight 0."""
        if sample_weight is not None:
            sample_weight = tf.cast(sample_weight, tf.float32)
            # Grappler makes `x < 0` of `not x >= 0`, which is another thing for NaN.
            wrong = ~tf.math.is_finite(sample_weight) | (sample_weight < 0)
            self._bad.add("weights", _any(wrong), _value_of(sample_weight, wrong))
            sample_weight = tf.where(wrong, 0.0, sample_weight)
        flat = tf.nest.flatten(inputs.student)
        places = [i for i, e in enumerate(flat) if i not in self._tolerated and _is_float(e)]
        if not places:
            return inputs, sample_weight
        wrongs = [~tf.math.is_finite(flat[i]) for i in places]
        bad = tf.reduce_any(tf.stack([_any(each) for each in wrongs]), axis=0)
        self._bad.add("inputs", bad, _value_of(flat[places[0]], wrongs[0]))
        for i in places:
            flat[i] = zero_examples(bad, flat[i])
        student = tf.nest.pack_sequence_as(inputs.student, flat)
        teacher = student if inputs.teacher is inputs.student else inputs.teacher
        inputs = inputs._replace(student=student, teacher=teacher)
        return inputs, zero_weights(bad, sample_weight)

    def clean_labels(self, batch: Batch, student_outputs: Outputs) -> Batch:
        """Take labels that cannot be right for unknown ones."""
        if ONLY in self._heads:
            return self._clean_labels(batch, student_outputs, self._heads[ONLY])
        labels, wanted = dict(batch.labels or {}), []
        for head, objective in self._heads.items():
            cleaned = self._clean_labels(
                batch_of(head, batch), outputs_of(head, student_outputs), objective
            )
            if head in labels:
                labels[head] = cleaned.labels
                wanted.append(f"{head}: {self._bad.wanted_labels}")
        self._bad.wanted_labels = "; ".join(wanted)
        return batch._replace(labels=labels or None)

    def _clean_labels(self, batch: Batch, student_outputs: Outputs, objective: Objective) -> Batch:
        logits = student_outputs["logits"]
        bad = objective.find_bad_labels(logits, batch.labels)
        if bad is None or batch.labels is None:
            return batch
        self._bad.wanted_labels = describe_labels(
            objective.label_form or "multiclass", logits.shape[-1]
        )
        counted = bad
        if batch.mask is not None:
            there = batch.mask > 0
            counted = bad & (there if there.shape.rank == bad.shape.rank else there[..., None])
        self._bad.add("labels", _any(counted), _value_of(batch.labels, counted))
        labels = tf.where(bad, tf.cast(IGNORE, batch.labels.dtype), batch.labels)
        return batch._replace(labels=labels)

    def clean_losses(
        self, losses_by_name: Losses, example_weight: tf.Tensor, not_finite: tf.Tensor | None = None
    ) -> tuple[Losses, tf.Tensor]:
        """Give examples of which a loss is NaN or inf the weight 0."""
        bad = tf.zeros_like(example_weight, tf.bool) if not_finite is None else not_finite
        for values, counts in losses_by_name.values():
            bad |= ~tf.math.is_finite(values) & (counts > 0)
        bad &= example_weight > 0
        self._bad.add("student", bad)
        cleaned = {
            name: (tf.where(bad, 0.0, values), counts)
            for name, (values, counts) in losses_by_name.items()
        }
        return cleaned, tf.where(bad, 0.0, example_weight)

    def find_not_finite(self, student_outputs: Outputs, batch: Batch) -> tf.Tensor:
        """Find the examples for which the student returned NaN or +inf: `[batch]`, bool."""
        found = [
            find_not_finite(outputs_of(head, student_outputs)["logits"], part_of(head, batch.mask))
            for head in self._heads
        ]
        return tf.reduce_any(tf.stack(found), axis=0) if len(found) > 1 else found[0]

    def clean_gradients(self, gradients: list) -> list:
        """Make all gradients 0 where one number of them is NaN or inf."""
        values = [_values(each) for each in gradients if each is not None]
        if not values:
            return gradients
        sums = [tf.reduce_sum(tf.abs(tf.cast(each, tf.float32))) for each in values]
        is_finite = tf.math.is_finite(tf.add_n(sums))
        self._bad.add("gradients", ~is_finite[None])
        return [_where(is_finite, each) for each in gradients]


def _is_float(tensor: Any) -> bool:
    return isinstance(tensor, tf.Tensor) and tensor.dtype.is_floating and tensor.shape.rank != 0


def _any(wrong: tf.Tensor) -> tf.Tensor:
    """Return whether an example has a true entry: `[batch, ...]` to `[batch]`."""
    return tf.reduce_any(wrong, axis=tuple(range(1, wrong.shape.rank)))


def _value_of(values: tf.Tensor, wrong: tf.Tensor) -> tf.Tensor:
    """Return one wrong value of each example that has any: `[batch]`."""
    numbers = tf.where(wrong, tf.cast(values, tf.float32), float("-inf"))
    highest = tf.reduce_max(numbers, axis=tuple(range(1, numbers.shape.rank)))
    unknown = _any(tf.math.is_nan(numbers))
    return tf.where(unknown, float("nan"), highest)


def _values(gradient: Any) -> tf.Tensor:
    return gradient.values if isinstance(gradient, tf.IndexedSlices) else gradient


def _where(condition: tf.Tensor, gradient: Any) -> Any:
    if gradient is None:
        return None
    values = _values(gradient)
    values = tf.where(condition, values, tf.zeros_like(values))
    if isinstance(gradient, tf.IndexedSlices):
        return tf.IndexedSlices(values, gradient.indices, gradient.dense_shape)
    return values
