"""Labels that cannot be right: refused in one example batch, found in any other."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from ..errors import UserError
from ._batch import IGNORE


def check_labels(form: str, logits: Any, labels: Any) -> None:
    """Raise `UserError` where labels do not fit logits `[..., classes]` of this form."""
    wanted = tuple(logits.shape) if form in ("multilabel", "regression") else logits.shape[:-1]
    if labels.dtype == tf.string:
        first = np.asarray(labels).flat[0].decode(errors="replace")
        raise UserError(f"the labels are texts, e.g. {first!r}: give numbers, the ids of classes.")
    if tuple(labels.shape) != tuple(wanted):
        raise UserError(
            f"labels of shape {tuple(labels.shape)} do not fit logits of shape "
            f"{tuple(logits.shape)}: form={form!r} wants labels of shape {tuple(wanted)}"
            + _cure(form)
        )
    _check_range(form, np.asarray(labels), logits.shape[-1])


def _cure(form: str) -> str:
    if form != "multiclass":
        return "."
    return (
        "; give class ids, not one-hot rows (labels.argmax(-1)), or write form='multilabel' at the "
        "losses, e.g. objective=hinton(form='multilabel'), where an example has several classes."
    )


def find_bad_labels(form: str, classes: int | tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    """Find the labels that mean nothing in this form, in the shape of the labels: bool."""
    labels = tf.cast(labels, tf.float32) if labels.dtype.is_floating else labels
    if form == "regression":
        return tf.math.is_inf(tf.cast(labels, tf.float32))
    highest = tf.cast(classes - 1 if form == "multiclass" else 1, labels.dtype)
    bad = (labels < 0) | (labels > highest)
    if labels.dtype.is_floating:
        bad |= tf.math.is_nan(labels)
    if form == "multiclass" and labels.dtype.is_floating:
        bad |= tf.not_equal(labels, tf.floor(labels))
    return bad & tf.not_equal(labels, IGNORE)


def describe_labels(form: str, classes: int | None) -> str:
    """Describe which labels are right.

    >>> describe_labels("multiclass", 3)
    "form='multiclass' with 3 logits means labels 0 to 2"
    """
    if classes is None:
        return f"form={form!r} with a logit for each word means labels that are words of the row"
    means = {"multiclass": f"0 to {classes - 1}", "regression": "that are finite numbers"}
    return f"form={form!r} with {classes} logits means labels {means.get(form, '0 and 1')}"


def _check_range(form: str, labels: np.ndarray, classes: int) -> None:
    wrong = labels[np.asarray(find_bad_labels(form, classes, tf.constant(labels)))]
    if wrong.size and form == "regression":
        raise UserError(f"label {wrong.flat[0]} is not finite: write NaN where there is none.")
    if wrong.size:
        highest = classes - 1 if form == "multiclass" else 1
        raise UserError(
            f"label {wrong.flat[0]} is outside 0..{highest}, which form={form!r} with {classes} "
            f"logits means; write {IGNORE} where there is no label."
        )
