"""The arguments `check` and `calibration` of `tfkd.export`: texts, examples, arrays, data sets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..errors import UserError
from .check_data import CheckData, TaskContext
from .collected_rows import collect, is_data_set
from .labelled_arrays import FORMS, add_labels, are_arrays, parse_arrays, parse_rows, same_number
from .labelled_texts import builtin_texts, parse_texts


def parse_check(check: Any, context: TaskContext, inputs: int | None = None) -> CheckData:
    """Read the argument `check` of `tfkd.export`.

    Args:
        check: Texts, `(text, label)`, examples by role, arrays, any of these with labels, a data
            set, or None.
        context: The task around the model.
        inputs: The number of the model's inputs, where it is known.

    Raises:
        UserError: Texts without an encoder, an unknown label, nothing to check on.
    """
    if check is None:
        return builtin_texts(context) if context.reads_texts else CheckData()
    if is_data_set(check):
        check = collect(check)
    if _is_pair(check, inputs):
        values, labels = check
        if _is_texts(values):
            check = list(zip(values, same_number(labels, len(values)), strict=True))
        else:
            return add_labels(parse_arrays(values, inputs), labels, context)
    if isinstance(check, Mapping) or _is_numeric(check):
        return parse_arrays(check, inputs)
    values = list(check)
    if inputs != 1 and are_arrays(values):
        return parse_arrays(values, inputs)
    if not _holds_texts(values, context):
        return parse_rows(values, context)
    if context.encoder is None:
        raise UserError(
            "texts to check on need the encoder that reads them: give `encoder`; for a model of "
            f"other inputs {FORMS}."
        )
    return parse_texts(values, context)


def _is_pair(check: Any, inputs: int | None) -> bool:
    """Return whether `check` is `(inputs, labels)`, which only a tuple can be."""
    if not isinstance(check, tuple) or len(check) != 2:
        return False
    values, labels = check
    one_example = isinstance(values, str) or (isinstance(values, tuple) and not are_arrays(values))
    if one_example or np.ndim(labels) == 0 or isinstance(labels, Mapping):
        return False
    if inputs is not None and inputs > 1:
        # Two arrays of a model of two inputs are these.
        return isinstance(values, (list, tuple, Mapping))
    return True


def _is_numeric(value: Any) -> bool:
    """Return whether a value is an array of numbers, or lists of numbers that make one."""
    if hasattr(value, "shape"):
        return np.asarray(value).dtype.kind in "biuf"
    return isinstance(value, (list, tuple)) and bool(value) and _is_numbers(value)


def _is_numbers(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return bool(value) and all(map(_is_numbers, value))
    return isinstance(value, (int, float, np.number)) and not isinstance(value, bool)


def _is_texts(values: Any) -> bool:
    if isinstance(values, Mapping) or not len(values):
        return False
    first = values[0]
    pair = isinstance(first, (tuple, list)) and len(first) == 2
    return isinstance(first, str) or (pair and all(isinstance(text, str) for text in first))


def _holds_texts(values: list[Any], context: TaskContext) -> bool:
    first = values[0] if values else ""
    if isinstance(first, Mapping):
        return context.encoder is not None
    # A text of `(text, label)`, or the first one of `(pair, label)`.
    for _ in range(2):
        first = first[0] if isinstance(first, (tuple, list)) and first else first
    return isinstance(first, str)
