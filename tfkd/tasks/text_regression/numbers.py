"""Numbers as files write them, and what the training split says of them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ...data import IGNORE
from ...errors import UserError

MEAN, SPREAD = "mean", "spread"
"Settings of a schema: the mean and the standard deviation of the numbers of the training split."
_MOST = 1e30
# Three digits after the comma may be thousands.
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,(\d{1,2}|\d{4,})", re.ASCII)


def read_number(where: str, value: Any) -> float | None:
    """Return the number of a row, None where it has none.

    Args:
        where: File and row, for the error.
        value: A number, or a string that is one; None or an empty string stand for "unlabelled".

    Raises:
        UserError: Something else, NaN, or an infinite number.

    >>> read_number("", " 3.5 "), read_number("", "3,5"), read_number("", 4), read_number("", "")
    (3.5, 3.5, 4.0, None)
    """
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, str) and _DECIMAL_COMMA.fullmatch(value.strip()):
        value = value.replace(",", ".")
    try:
        number = math.nan if isinstance(value, (bool, list, dict)) else float(value)
    except (TypeError, ValueError):
        number = math.nan
    # Half of what float32 can hold, since errors are squared.
    if not abs(number) < _MOST:
        raise UserError(
            f"{where}: the label is {value!r:.40}; expected a finite number, such as 3.5, or "
            'nothing (null or "") where it is not known.'
        )
    return number


def describe_numbers(numbers: Iterable[float]) -> dict[str, float]:
    """Return mean and standard deviation, as settings of a schema.

    Raises:
        UserError: All numbers are the same.

    >>> describe_numbers([1.0, 2.0, 3.0])[MEAN]
    2.0
    """
    values = np.fromiter(numbers, "float64")
    if not len(values):
        return {}
    if not values.std() > 1e-6 * abs(values.mean()):
        raise UserError(
            f"all {len(values):,} labelled training texts have the number {values[0]:g}: there is "
            "nothing to learn; name the right column with --label-column."
        )
    return {MEAN: float(values.mean()), SPREAD: float(values.std())}


def mean_and_spread(settings: Mapping[str, Any]) -> tuple[float, float]:
    """Return mean and standard deviation of the training split, 0 and 1 where they are not known.

    >>> mean_and_spread({})
    (0.0, 1.0)
    """
    return float(settings.get(MEAN, 0.0)), float(settings.get(SPREAD, 1.0))


def as_labels(numbers: Sequence[float | None]) -> list[np.float32]:
    """Return numbers as a loss reads them: float32, -100 where one is not known.

    >>> [float(each) for each in as_labels([3.5, None])], float(as_labels([-100.0])[0]) == -100
    ([3.5, -100.0], False)
    """
    labels = np.array([IGNORE if each is None else each for each in numbers], "float32")
    # A true -100 is moved by the least that float32 can tell.
    missing = np.array([each is None for each in numbers], bool)
    return list(np.where((labels == IGNORE) & ~missing, np.nextafter(labels, 0), labels))
