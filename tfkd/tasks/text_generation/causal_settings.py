"""Settings of language models: how a text is cut into rows, and how one is continued."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...errors import UserError
from ...text.decoding import Decoding
from ...text.decoding.decoding_settings import SETTINGS

OVERLAP, SAMPLES, DIVERGENCE = "overlap", "samples", "divergence"
LEVEL, WORD = "level", "word"
"""What a student learns of its teacher: how likely each token is, and nothing else."""
DIVERGENCES = ("kl", "reverse_kl")
"""How a student follows its teacher: all that this may say, or what it surely says."""
DEFAULTS: Mapping[str, Any] = {
    **SETTINGS,
    # A model of texts that always takes the likeliest word says the same again and again.
    "temperature": 0.8,
    "top_k": 40,
    OVERLAP: 0,
    SAMPLES: 3,
    DIVERGENCE: DIVERGENCES[0],
    LEVEL: WORD,
}


def complete_settings(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return all settings of a run, of which some are given.

    Args:
        given: Those that the user wrote.

    Raises:
        UserError: A value that cannot be.

    >>> complete_settings({"beams": 4})["temperature"]
    0.0
    """
    settings = {**DEFAULTS, **given}
    if settings["beams"] != 1 and "temperature" not in given:
        # Beams take the likeliest texts.
        settings["temperature"] = 0.0
    for name in (OVERLAP, SAMPLES):
        value = settings[name]
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise UserError(f"{name} is {value!r}: write a whole number, 0 or more.")
    if settings[DIVERGENCE] not in DIVERGENCES:
        raise UserError(
            f"{DIVERGENCE} is {settings[DIVERGENCE]!r}: write one of {', '.join(DIVERGENCES)}."
        )
    if settings[LEVEL] != WORD:
        raise UserError(
            f"{LEVEL} is {settings[LEVEL]!r}: a language model learns how likely each token is to "
            f"its teacher; leave it out, or write {WORD}."
        )
    decoding_of(settings)
    return settings


def decoding_of(settings: Mapping[str, Any]) -> Decoding:
    """Return how a text is continued.

    Args:
        settings: Those of the task, or of a schema; some may be missing.

    Raises:
        UserError: A value that cannot be.

    >>> decoding_of({"longest": 9}).top_k
    40
    """
    return Decoding(**{name: settings.get(name, DEFAULTS[name]) for name in SETTINGS})
