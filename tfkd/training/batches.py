"""From what `fit` hands over to what a loss reads: inputs, labels, masks and weights of a batch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import tensorflow as tf

from ..errors import UserError
from ..losses._batch import Batch
from ..losses._positions import is_labelled, per_example
from ..models.masks import token_mask


class Inputs(NamedTuple):
    """One batch of `x`: what each model reads, and the teacher's stored outputs if it ran."""

    student: Any
    teacher: Any
    targets: dict | None = None


def split(x) -> Inputs:
    """`x` by model: both read the same unless it says `{"student": ..., "teacher"|"targets": ...}`.

    >>> split({"student": 1, "teacher": 2})
    Inputs(student=1, teacher=2, targets=None)
    >>> split({"ids": 1})
    Inputs(student={'ids': 1}, teacher={'ids': 1}, targets=None)
    """
    names = set(x) if isinstance(x, Mapping) else set()
    if "student" not in names or not names <= {"student", "teacher", "targets"}:
        return Inputs(x, x)
    targets = x.get("targets")
    return Inputs(x["student"], x.get("teacher", x["student"]), dict(targets) if targets else None)


def unpack(data) -> tuple[Inputs, tf.Tensor | None, tf.Tensor | None]:
    """Keras's `x`, `(x,)`, `(x, y)` or `(x, y, sample_weight)`."""
    if not isinstance(data, (tuple, list)):
        data = (data,)
    x, y, sample_weight = (*data, None, None)[:3]
    return split(x), _single(y), _single(sample_weight)


def each(function, structure):
    """A structure of `function(array)`; `None` stays."""
    return tf.nest.map_structure(lambda a: a if a is None else function(a), structure)


def _single(value):
    """The one tensor of a structure: `{"labels": y}` is `y`."""
    if isinstance(value, (Mapping, tuple)) and len(tf.nest.flatten(value)) == 1:
        value = tf.nest.flatten(value)[0]
    return value if value is None else tf.convert_to_tensor(value)


def batch_of(
    inputs: Inputs, labels, sample_weight, mask, logits, class_weight=None
) -> tuple[Batch, tf.Tensor]:
    """The `Batch`, and the weight of each example `[batch]`.

    A weight per position (`sample_weight` or `class_weight` of token labels) weighs within its
    example through the mask, and the example by its mean.
    """
    weight = tf.ones(tf.shape(logits)[:1], tf.float32)
    for factor in (sample_weight, _class_weights(labels, class_weight, logits)):
        if factor is None:
            continue
        factor = tf.cast(factor, tf.float32)
        if 1 < factor.shape.rank == logits.shape.rank - 1 and factor.shape[-1] != 1:
            mask, factor = _weighted(mask, factor)
        weight = weight * tf.reshape(factor, [-1])
    theirs = None if inputs.teacher is inputs.student else token_mask(inputs.teacher)
    return Batch(inputs.student, labels, mask, token_mask(inputs.student), theirs), weight


def _weighted(mask, factor) -> tuple[tf.Tensor, tf.Tensor]:
    """The mask times the factor, with the mean it had; and the mean factor of each example."""
    mask = tf.ones_like(factor) if mask is None else tf.cast(mask, tf.float32)
    total = tf.math.divide_no_nan(per_example(mask * factor), per_example(mask))
    mean = tf.reshape(total, tf.concat([[-1], tf.ones(factor.shape.rank - 1, tf.int32)], 0))
    return tf.math.divide_no_nan(mask * factor, mean), total


def _class_weights(labels, class_weight, logits) -> tf.Tensor | None:
    """The weight of each label; 1 for classes without one and for -100."""
    if labels is None or not class_weight:
        return None
    if labels.shape.rank == logits.shape.rank and labels.shape[-1] != 1:
        raise UserError(
            f"class_weight wants one class id per position and the labels are {labels.shape}: "
            "give sample_weight."
        )
    table = [float(class_weight.get(c, 1.0)) for c in range(max(class_weight) + 1)]
    ids = tf.cast(labels, tf.int32)
    inside = (ids >= 0) & (ids < len(table))
    return tf.where(inside, tf.gather(table, tf.where(inside, ids, 0)), 1.0)


def not_finite(logits: tf.Tensor, mask: tf.Tensor | None) -> tf.Tensor:
    """Which examples hold NaN or +inf at a position that counts: `[batch]`, bool.

    -inf is a masked class, and legal.
    """
    bad = tf.reduce_any(tf.math.is_nan(logits) | (logits == float("inf")), axis=-1)
    if mask is not None:
        bad = bad & (mask > 0)
    return tf.reduce_any(bad, axis=tuple(range(1, bad.shape.rank)))


def zero_where(bad: tf.Tensor, values: tf.Tensor) -> tf.Tensor:
    """`values` `[batch, ...]` with the bad examples set to 0."""
    bad = tf.reshape(bad, tf.concat([[-1], tf.ones(values.shape.rank - 1, tf.int32)], 0))
    return tf.where(bad, tf.zeros_like(values), values)


def without(bad: tf.Tensor, sample_weight) -> tf.Tensor:
    """The sample weights with 0 for the bad examples."""
    good = tf.cast(~bad, tf.float32)
    if sample_weight is None:
        return good
    sample_weight = tf.cast(sample_weight, tf.float32)
    rank = sample_weight.shape.rank
    return sample_weight * tf.reshape(good, tf.concat([[-1], tf.ones(rank - 1, tf.int32)], 0))


def for_metrics(batch: Batch, weight: tf.Tensor, logits: tf.Tensor):
    """Labels without -100, and two weights for metrics: what counts, and that times the weights."""
    known = is_labelled(batch.labels)
    labels = tf.where(known, batch.labels, tf.zeros_like(batch.labels))
    if known.shape.rank == logits.shape.rank:
        known = tf.reduce_any(known, axis=-1)
    counts = tf.cast(known, tf.float32)
    positions = counts if batch.mask is None else counts * tf.cast(batch.mask, tf.float32)
    weight = tf.reshape(weight, tf.concat([[-1], tf.ones(counts.shape.rank - 1, tf.int32)], 0))
    return labels, tf.cast(positions > 0, tf.float32), positions * weight
