"""`class_weight` of `fit`: checked before the first step, and looked up in each."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from ..errors import UserError


def check_class_weight(class_weight: Any, form: str | None, *, logits: Any, labels: Any) -> None:
    """Raise `UserError` where class weights name no class, or weigh by what is no weight.

    Args:
        class_weight: As given to `fit`.
        form: What the logits are.
        logits: `[..., classes]`.
        labels: Of one batch, or `None`.
    """
    if class_weight is None:
        return
    if not isinstance(class_weight, Mapping):
        raise UserError(
            f"class_weight is {class_weight!r}: write a weight for each class id, e.g. "
            "{0: 1.0, 1: 2.5}."
        )
    if labels is not None and labels.shape.rank == logits.shape.rank and labels.shape[-1] != 1:
        raise UserError(
            f"class_weight wants one class id per position and the labels are {labels.shape}: "
            "give sample_weight."
        )
    if form == "regression":
        raise UserError("class_weight of form='regression', which has no classes: drop it.")
    count = max(int(logits.shape[-1]), 2)
    for key, weight in class_weight.items():
        _check_entry(key, weight, count)
    known = [class_weight.get(i, 1.0) for i in range(count)]
    if not any(known):
        raise UserError("class_weight is 0 for every class: nothing would be learnt.")


def _check_entry(key: Any, weight: Any, count: int) -> None:
    # NumPy's numbers are neither of Python's.
    is_number = isinstance(key, (int, float)) or hasattr(key, "__index__")
    if not is_number or isinstance(key, bool) or key != int(key) or not 0 <= key < count:
        raise UserError(
            f"class_weight has the key {key!r}: write class ids as integers, 0..{count - 1}, e.g. "
            "{0: 1.0, 1: 2.5}; a Distiller does not know the names of classes."
        )
    try:
        is_weight = math.isfinite(weight) and weight >= 0
    except TypeError:
        is_weight = False
    if not is_weight:
        raise UserError(
            f"class_weight gives class {key} the weight {weight!r}: write a number >= 0."
        )


def weigh_classes(
    labels: tf.Tensor | None, class_weight: dict[int, float] | None
) -> tf.Tensor | None:
    """Look up the weight of each label; 1 for classes without one and for -100."""
    if labels is None or not class_weight:
        return None
    table = [float(class_weight.get(c, 1.0)) for c in range(int(max(class_weight)) + 1)]
    ids = tf.cast(labels, tf.int32)
    inside = (ids >= 0) & (ids < len(table))
    return tf.where(inside, tf.gather(table, tf.where(inside, ids, 0)), 1.0)
