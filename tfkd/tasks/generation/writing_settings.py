"""The settings of tasks that write: how a text is decoded, and what a student learns from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ...errors import UserError
from ...text.decoding import Decoding
from ...text.decoding.decoding_settings import SETTINGS
from .lesson_choice import CHOICES, LessonRule

LEVEL, WRITTEN, CANDIDATES, SMOOTHING = "level", "written", "candidates", "label_smoothing"
LEVELS = ("auto", "word", "sequence", "both")
"""What a student learns from: the probabilities of each token, texts of the teacher, or both."""
LEAST_CHRF, MOST_RATIO = "least_chrf", "most_ratio"
"""What a teacher's text must be like the reference, not to be dropped."""
DEFAULTS: dict[str, Any] = {
    **SETTINGS,
    LEVEL: LEVELS[0],
    WRITTEN: CHOICES[0],
    CANDIDATES: 4,
    LEAST_CHRF: 0.0,
    MOST_RATIO: 0.0,
    SMOOTHING: 0.0,
}
PAIRS = "pairs"
"""Of a schema: how many training examples have a target."""


def check_settings(settings: Mapping[str, Any]) -> None:
    """Refuse impossible settings.

    Raises:
        UserError: An unknown level or choice, or a number out of range.
    """
    decoding_of(settings)
    lesson_rule(settings)
    for name, known in ((LEVEL, LEVELS),):
        if settings[name] not in known:
            raise UserError(
                f"the setting {name} is {settings[name]!r}: write one of {', '.join(known)}."
            )
    count, smoothing = settings[CANDIDATES], settings[SMOOTHING]
    if not isinstance(count, int) or isinstance(count, bool) or count < 1:
        raise UserError(f"the setting {CANDIDATES} is {count!r}: write a whole number from 1.")
    if isinstance(smoothing, bool) or not isinstance(smoothing, (int, float)):
        raise UserError(f"the setting {SMOOTHING} is {smoothing!r}: write a number below 1.")
    if not 0.0 <= smoothing < 1.0:
        raise UserError(f"the setting {SMOOTHING} is {smoothing}: write 0 <= value < 1.")


def decoding_of(settings: Mapping[str, Any]) -> Decoding:
    """Return how texts are decoded.

    Args:
        settings: Those of a task or a schema; what is not said is as by default.

    Raises:
        UserError: A setting that is impossible.

    >>> decoding_of({"beams": 4, "level": "word"}).beams
    4
    """
    known = {name: settings[name] for name in SETTINGS if name in settings}
    return Decoding(**known)


def lesson_rule(settings: Mapping[str, Any]) -> LessonRule:
    """Return which of a teacher's texts are learnt from.

    Args:
        settings: Those of a task.

    Raises:
        UserError: A setting that is impossible.
    """
    return LessonRule(settings[WRITTEN], settings[LEAST_CHRF], settings[MOST_RATIO])


def greedily(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings with the fastest decoding, for scores of single epochs."""
    decoding = replace(decoding_of(settings), beams=1, temperature=0.0)
    return {**settings, **{name: getattr(decoding, name) for name in SETTINGS}}
