"""From what `fit` gets to what a loss reads: inputs, labels, masks and weights of a batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import tensorflow as tf

from ..errors import UserError
from ..losses._batch import Batch, Families, Outputs, StateMasks
from ..losses._heads import ONLY, name_in_head, outputs_of, part_of
from ..losses._positions import is_labelled, per_example
from ..models.masks import position_mask, state_masks, token_mask
from .class_weights import weigh_classes

_NARROW = (tf.bool, tf.int8, tf.uint8, tf.int16, tf.uint16, tf.uint32, tf.uint64)
_ONE_ARRAY = (
    "y is {}, and nothing says which output of the student each is of: give one array, or labels "
    'and losses by head, y={{"a": ...}} and ForHead("a", HardLabels()).'
)
_ONE_WEIGHT = (
    "sample_weight is {}, and an example has one weight in all losses: give one array, or weigh "
    'the losses of a head, 2.0 * ForHead("a", HardLabels()).'
)
_KEYS = {"student", "teacher", "targets", "checksum"}


class Inputs(NamedTuple):
    """One batch of `x`: what each model reads, and the teacher's stored outputs if it ran.

    `checksum` belongs to stored targets: that of the student's inputs they were joined with.
    """

    student: Any
    teacher: Any
    targets: Outputs | None = None
    checksum: tf.Tensor | None = None


def split_by_model(x: Any) -> Inputs:
    """Split `x` by model; both read all of it unless it is `{"student": ..., "teacher": ...}`.

    In place of `"teacher"`, or in addition to it, `"targets"` holds the teacher's stored outputs
    by name, with which a `"checksum"` may come.

    >>> split_by_model({"student": 1, "teacher": 2})
    Inputs(student=1, teacher=2, targets=None, checksum=None)
    >>> split_by_model({"ids": 1})
    Inputs(student={'ids': 1}, teacher={'ids': 1}, targets=None, checksum=None)
    """
    names = set(x) if isinstance(x, Mapping) else set()
    if "student" not in names or not names <= _KEYS:
        return Inputs(x, x)
    targets = dict(x.get("targets") or {}) or None
    return Inputs(x["student"], x.get("teacher", x["student"]), targets, x.get("checksum"))


def unpack(data: Any) -> tuple[Inputs, tf.Tensor | None, tf.Tensor | None]:
    """Split Keras's `x`, `(x,)`, `(x, y)` or `(x, y, sample_weight)` into its three parts."""
    if not isinstance(data, (tuple, list)):
        data = (data,)
    x, y, sample_weight = (*data, None, None)[:3]
    weights = _as_tensor(_one_of(sample_weight, _ONE_WEIGHT))
    return split_by_model(x), _as_labels(_one_of(y, _ONE_ARRAY, heads=True)), weights


def map_arrays(function: Callable[[Any], Any], structure: Any) -> Any:
    """Apply `function` to every array of a nested structure, leaving `None` as it is."""
    return tf.nest.map_structure(lambda a: a if a is None else function(a), structure)


def _one_of(value: Any, cure: str, *, heads: bool = False) -> Any:
    """Return the one array of a list or a tuple, as Keras takes labels by output.

    Args:
        value: Anything.
        cure: What is told of several arrays.
        heads: Whether a dict of several is one by head.

    Raises:
        UserError: Several arrays.
    """
    if isinstance(value, Mapping) and len(value) > 1 and not heads:
        raise UserError(cure.format(f"a dict of {', '.join(map(str, value))}"))
    # Numbers of Python's are one array.
    if not isinstance(value, (list, tuple)) or not all(len(_shape(each)) for each in value):
        return value
    if len(value) > 1:
        raise UserError(cure.format(f"a {type(value).__name__} of {len(value)} arrays"))
    return value[0] if value else value


def _shape(value: Any) -> tuple[int | None, ...]:
    shape = getattr(value, "shape", ())
    # Of an unknown rank.
    return (None,) if isinstance(shape, tf.TensorShape) and shape.rank is None else tuple(shape)


def _as_tensor(value: Any) -> tf.Tensor | None:
    """Take the one tensor of a structure: `{"labels": y}` is `y`."""
    if isinstance(value, (Mapping, tuple)) and len(tf.nest.flatten(value)) == 1:
        value = tf.nest.flatten(value)[0]
    return value if value is None else tf.convert_to_tensor(value)


def _as_labels(labels: Any) -> Any:
    """Return labels in a type that has room for -100; true and false are 1 and 0.

    Labels of several heads are a dict of them.
    """
    if isinstance(labels, Mapping) and len(labels) > 1:
        return {head: _as_labels(_as_tensor(each)) for head, each in labels.items()}
    labels = _as_tensor(labels)
    if labels is None or labels.dtype not in _NARROW:
        return labels
    return tf.cast(labels, tf.int64 if labels.dtype in (tf.uint32, tf.uint64) else tf.int32)


@dataclass
class BatchMaker:
    """Makes the batches that losses read: which positions count, and how much each example does.

    `mask(inputs, labels, logits)` takes the place of the masks that are found by the names of
    inputs; `class_weight` is the weight of each class id, 1 where it has none. Of several `heads`,
    labels and masks are dicts, and an example has one weight. `families` says of the student's and
    the teacher's states which are of the source and which of the target.
    """

    mask: Callable[..., tf.Tensor | None] | None = None
    class_weight: dict[int, float] | None = None
    heads: tuple[str, ...] = (ONLY,)
    families: tuple[Families, Families] = ({}, {})

    def __call__(
        self,
        inputs: Inputs,
        labels: tf.Tensor | None,
        sample_weight: tf.Tensor | None,
        student_outputs: Outputs,
    ) -> tuple[Batch, tf.Tensor]:
        """Make the `Batch`, and the weight of each example, `[batch]`.

        A weight per position (`sample_weight` or `class_weight` of token labels) weighs within its
        example through the mask, and the example by its mean.
        """
        teacher_mask = None if inputs.teacher is inputs.student else token_mask(inputs.teacher)
        masks = (token_mask(inputs.student), teacher_mask, self._state_masks(inputs))
        if self.heads != (ONLY,):
            by_head = {
                head: self.position_mask(inputs.student, labels, student_outputs, head)
                for head in self.heads
            }
            return Batch(inputs.student, labels, by_head, *masks), _weigh_examples(
                sample_weight, student_outputs[name_in_head(self.heads[0], "logits")]
            )
        logits = student_outputs["logits"]
        mask = self.position_mask(inputs.student, labels, student_outputs)
        example_weight = tf.ones(tf.shape(logits)[:1], tf.float32)
        for factor in (sample_weight, weigh_classes(labels, self.class_weight)):
            if factor is None:
                continue
            factor = tf.cast(factor, tf.float32)
            if 1 < factor.shape.rank == logits.shape.rank - 1 and factor.shape[-1] != 1:
                mask, factor = _weigh_mask(mask, factor)
            example_weight = example_weight * tf.reshape(factor, [-1])
        return Batch(inputs.student, labels, mask, *masks), example_weight

    def _state_masks(self, inputs: Inputs) -> StateMasks | None:
        masks = state_masks(inputs.student)
        if masks is None:
            return None
        same = inputs.teacher is inputs.student
        return StateMasks(*self.families, masks, None if same else state_masks(inputs.teacher))

    def position_mask(
        self, inputs: Any, labels: Any, outputs: Outputs, head: str = ONLY
    ) -> tf.Tensor | None:
        """Find which positions of a model's logits count; `None` where all do."""
        labels, outputs = part_of(head, labels), outputs_of(head, outputs)
        if self.mask is not None:
            return self.mask(inputs, labels, outputs["logits"])
        return position_mask(inputs, labels, outputs)


def _weigh_examples(sample_weight: tf.Tensor | None, logits: tf.Tensor) -> tf.Tensor:
    """Return the weight of each example, `[batch]`, where positions have none of their own."""
    if sample_weight is None:
        return tf.ones(tf.shape(logits)[:1], tf.float32)
    return tf.reshape(tf.cast(sample_weight, tf.float32), [-1])


def _weigh_mask(mask: tf.Tensor | None, factor: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Multiply the mask by weights per position, rescaled to keep each example's mean.

    Returns that mean too, `[batch]`.
    """
    mask = tf.ones_like(factor) if mask is None else tf.cast(mask, tf.float32)
    total = tf.math.divide_no_nan(per_example(mask * factor), per_example(mask))
    mean = _as_column(total, factor.shape.rank)
    return tf.math.divide_no_nan(mask * factor, mean), total


def find_not_finite(logits: tf.Tensor, mask: tf.Tensor | None) -> tf.Tensor:
    """Find the examples with NaN or +inf at a position that counts: `[batch]`, bool.

    -inf is a masked class, and legal.
    """
    bad = tf.reduce_any(tf.math.is_nan(logits) | (logits == float("inf")), axis=-1)
    if mask is not None:
        bad = bad & (mask > 0)
    return tf.reduce_any(bad, axis=tuple(range(1, bad.shape.rank)))


def zero_examples(bad: tf.Tensor, values: tf.Tensor) -> tf.Tensor:
    """Set the bad examples of `values` `[batch, ...]` to 0."""
    return tf.where(_as_column(bad, values.shape.rank), tf.zeros_like(values), values)


def zero_weights(bad: tf.Tensor, sample_weight: tf.Tensor | None) -> tf.Tensor:
    """Set the sample weights of the bad examples to 0; without weights all others weigh 1."""
    good = tf.cast(~bad, tf.float32)
    if sample_weight is None:
        return good
    sample_weight = tf.cast(sample_weight, tf.float32)
    return sample_weight * _as_column(good, sample_weight.shape.rank)


def metric_inputs(
    batch: Batch, example_weight: tf.Tensor, logits: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Return what metrics read of a labelled batch.

    Returns:
        Labels with -100 replaced by 0, the 0/1 weight of each position (of each of its classes,
        where labels are as wide as logits), and that times its sample weight.
    """
    is_known = is_labelled(batch.labels)
    labels = tf.where(is_known, batch.labels, tf.zeros_like(batch.labels))
    if is_known.shape.rank == logits.shape.rank and is_known.shape[-1] == 1:
        is_known = is_known[..., 0]
    counts = tf.cast(is_known, tf.float32)
    if batch.mask is not None:
        mask = tf.cast(batch.mask, tf.float32)
        counts *= mask[..., None] if mask.shape.rank < counts.shape.rank else mask
    weights = counts * _as_column(example_weight, counts.shape.rank)
    return labels, tf.cast(counts > 0, tf.float32), weights


def _as_column(values: tf.Tensor, rank: int) -> tf.Tensor:
    """Reshape `[batch]` to `[batch, 1, ...]`, so that it broadcasts over all other axes."""
    return tf.reshape(values, tf.concat([[-1], tf.ones(rank - 1, tf.int32)], 0))
