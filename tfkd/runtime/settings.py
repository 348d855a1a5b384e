"""`tfkd.json` of unknown origin: each setting is of its kind, or the file is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from .quantisations import QUANTIZE

FORMAT = 1
MEDIAPIPE = "mediapipe"  # the tokenizer of a file for its clients
LONGEST = 2**16  # word pieces that are read of a text
PIECES = 2**22
CLASSES = 100_000


def parse(text: str) -> dict[str, Any]:
    """The settings, each of its kind; `{"format": ...}` alone where a newer tfkd wrote them.

    Raises:
        ValueError: the text is no JSON object, or a setting is what it cannot be.

    >>> parse('{"format": 2, "new": true}')
    {'format': 2}
    """
    try:
        settings = json.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    if not isinstance(settings, dict):
        raise ValueError("it is no object")
    if not _whole(1, 2**31)(settings.get("format")):
        raise ValueError("it has no format")
    if settings["format"] > FORMAT:
        return {"format": settings["format"]}
    for name, fits in _FITS.items():
        if not fits(settings.get(name)):
            raise ValueError(f"{name} is {_short(settings.get(name))}")
    return settings


def _whole(least: int, most: int) -> Callable[[Any], bool]:
    return lambda value: type(value) is int and least <= value <= most


def _one_of(*known: Any) -> Callable[[Any], bool]:
    # By kind too: 1 is True to Python.
    return lambda value: any(type(value) is type(each) and value == each for each in known)


def _names(most: int) -> Callable[[Any], bool]:
    def fits(value: Any) -> bool:
        return isinstance(value, list) and len(value) <= most and _different_lines(value)

    return fits


def _different_lines(values: list) -> bool:
    """Texts, none twice, and none that a terminal would obey."""
    if not all(isinstance(each, str) and 0 < len(each) <= 1_000 for each in values):
        return False
    return len(set(values)) == len(values) and not any(map(_commands, values))


def _commands(text: str) -> bool:
    return any((ord(each) < 32 and each != "\t") or 127 <= ord(each) < 160 for each in text)


def _sealed(value: Any) -> bool:
    """As `packing.seal` writes it; absent in files of older versions."""
    if value is None:
        return True
    return (
        isinstance(value, dict)
        and _whole(1, 2**31)(value.get("bytes"))
        and isinstance(value.get("sha256"), str)
    )


def _short(value: Any) -> str:
    # A number of a thousand digits, or a list of a million, is not put into a sentence.
    kind = type(value).__name__
    return repr(value)[:40] if kind in ("bool", "float", "NoneType") else f"a wrong {kind}"


_FITS: dict[str, Callable[[Any], bool]] = {
    "tokenizer": _one_of("wordpiece", "tokenizer.json", MEDIAPIPE),
    "lowercase": _one_of(True, False),
    "special": _names(10_000),
    "max_length": _whole(4, LONGEST),
    "vocab_size": _whole(1, PIECES),
    "form": _one_of("multiclass", "binary", None),
    "outputs": _one_of("logits", "probabilities", None),
    "quantize": _one_of(*QUANTIZE, None),
    "classes": lambda value: value is None or _names(CLASSES)(value),
    "client": _one_of(MEDIAPIPE, None),
    "model": _sealed,
}
