"""The settings of question answering, and what a schema keeps beside them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...errors import UserError
from .squad_scores import METHODS

LONGEST, SPANS, METHOD = "longest", "spans", "f1"
"""Words that an answer has at most, spans that are returned, and what F1 compares."""
NO_ANSWER, THRESHOLD, SNAPPED = "no_answer", "threshold", "snapped"
"""Of a schema: whether a question may have no answer, how many logits that has to be ahead, and
how many right answers of the training questions cut a word."""


def check_settings(settings: Mapping[str, Any]) -> None:
    """Refuse impossible settings.

    Raises:
        UserError: A number below 1, or an unknown way to compare.
    """
    for name in (LONGEST, SPANS):
        value = settings[name]
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise UserError(f"the setting {name} is {value!r}: write a whole number from 1.")
    if settings[METHOD] not in METHODS:
        raise UserError(
            f"the setting {METHOD} is {settings[METHOD]!r}: write one of {', '.join(METHODS)}."
        )
