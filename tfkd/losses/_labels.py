"""What one example batch tells of labels that cannot be right."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import UserError
from ._batch import IGNORE


def check_labels(form: str, logits: Any, labels: Any) -> None:
    """Raise `UserError` where labels do not fit logits `[..., classes]` of this form."""
    wanted = tuple(logits.shape) if form in ("multilabel", "regression") else logits.shape[:-1]
    if tuple(labels.shape) != tuple(wanted):
        raise UserError(
            f"labels of shape {tuple(labels.shape)} do not fit logits of shape "
            f"{tuple(logits.shape)}: form={form!r} wants labels of shape {tuple(wanted)}"
            + ("; give class ids, not one-hot rows." if form == "multiclass" else ".")
        )
    if form != "regression":
        _check_range(form, np.asarray(labels), logits.shape[-1])


def _check_range(form: str, labels: np.ndarray, classes: int) -> None:
    highest = classes - 1 if form == "multiclass" else 1
    wrong = labels[(labels != IGNORE) & ~((labels >= 0) & (labels <= highest))]
    if wrong.size:
        raise UserError(
            f"label {wrong.flat[0]} is outside 0..{highest}, which form={form!r} with {classes} "
            f"logits means; write {IGNORE} where there is no label."
        )
