"""`tfkd.json` of unknown origin: each setting is of its kind, or the file is refused."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

from .activations import ACTIVATIONS
from .quantisations import QUANTIZE

FORMAT = 2
MEDIAPIPE = "mediapipe"
"The tokenizer of a file for MediaPipe's clients."
NO_TOKENIZER = "none"
"The tokenizer of a file that reads no texts."
DECODING = "decoding"
"The setting of a file that writes texts: whether it reads a source, its ends and lengths."
LONGEST = 2**16
"Tokens that are read of a text."
PIECES = 2**22
CLASSES = 100_000
ARRAYS = 16
"Inputs, or outputs, of a model."
TASK_SETTINGS = 100


def parse(text: str) -> dict[str, Any]:
    """Return the settings, each of its kind; `{"format": ...}` alone for another format.

    Raises:
        ValueError: The text is no JSON object, or a setting is what it cannot be.

    >>> parse('{"format": 3, "new": true}')
    {'format': 3}
    """
    try:
        settings = json.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    if not isinstance(settings, dict):
        raise ValueError("it is no object")
    if not _whole(1, 2**31)(settings.get("format")):
        raise ValueError("it has no format")
    if settings["format"] != FORMAT:
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


def _names(most: int, least: int = 0) -> Callable[[Any], bool]:
    def fits(value: Any) -> bool:
        if not isinstance(value, list) or not least <= len(value) <= most:
            return False
        return all(map(is_line, value)) and len(set(value)) == len(value)

    return fits


def is_line(value: Any) -> bool:
    """Return whether a value is a short text of one line that no terminal would obey."""
    if not isinstance(value, str) or len(value.splitlines()) != 1:
        return False
    return isinstance(value, str) and 0 < len(value) <= 1_000 and not any(map(_control, value))


def _control(character: str) -> bool:
    return (ord(character) < 32 and character != "\t") or 127 <= ord(character) < 160


def _schema(value: Any) -> bool:
    """Return whether a value is class names, and settings of a task."""
    if not isinstance(value, dict) or not _names(CLASSES)(value.get("labels")):
        return False
    settings = value.get("settings")
    if not isinstance(settings, dict) or len(settings) > TASK_SETTINGS:
        return False
    return all(map(is_line, settings)) and all(map(_plain, settings.values()))


def _plain(value: Any) -> bool:
    """Return whether a task may read a value: a flag, number or line, or a list of these."""
    if isinstance(value, list):
        return len(value) <= CLASSES and all(map(_scalar, value))
    return _scalar(value)


def _scalar(value: Any) -> bool:
    if value is None or isinstance(value, bool) or value == "":
        return True
    if type(value) is int:
        return abs(value) <= 2**31
    return math.isfinite(value) if isinstance(value, float) else is_line(value)


def _outputs(value: Any) -> bool:
    """Return whether a value says, for outputs of a task, which of the file's they are."""
    return (
        isinstance(value, dict)
        and 0 < len(value) <= ARRAYS
        and all(map(is_line, value))
        and all(isinstance(output, dict) for output in value.values())
        and all(is_line(output.get("name")) for output in value.values())
        and all(_one_of(*ACTIVATIONS, None)(each.get("activation")) for each in value.values())
    )


def _sealed(value: Any) -> bool:
    """Return whether a value is a length and a digest, as `zip_tail.seal` writes them, or none."""
    if value is None:
        return True
    return (
        isinstance(value, dict)
        and _whole(1, 2**31)(value.get("bytes"))
        and isinstance(value.get("sha256"), str)
    )


def _asking(value: Any) -> bool:
    """Return whether a value is a threshold with what it was certified on, or none."""
    if value is None:
        return True
    if not isinstance(value, dict) or len(value) > TASK_SETTINGS:
        return False
    threshold = value.get("confidence")
    if isinstance(threshold, bool) or not isinstance(threshold, (int, float)):
        return False
    if not 0 <= threshold <= 1:
        return False
    return all(map(is_line, value)) and all(map(_scalar, value.values()))


def _decoding(value: Any) -> bool:
    """Return whether a value says how texts are written, or none."""
    if value is None:
        return True
    if not isinstance(value, dict) or len(value) > TASK_SETTINGS:
        return False
    reads = value.get("encode")
    sizes = all(_whole(0, PIECES)(value.get(name)) for name in ("start_id", "end_id"))
    lengths = ["longest", "longest_source"] if reads is True else ["longest"]
    known = all(_whole(1, LONGEST)(value.get(name)) for name in lengths)
    return isinstance(reads, bool) and sizes and known and all(map(is_line, value))


def _short(value: Any) -> str:
    # A number of a thousand digits, or a list of a million, is not put into a sentence.
    kind = type(value).__name__
    return repr(value)[:40] if kind in ("bool", "float", "NoneType") else f"a wrong {kind}"


_FITS: dict[str, Callable[[Any], bool]] = {
    "tokenizer": _one_of("wordpiece", "tokenizer.json", MEDIAPIPE, NO_TOKENIZER),
    "lowercase": _one_of(True, False),
    "special": _names(10_000),
    "max_length": _whole(4, LONGEST),
    "pad_id": _whole(0, PIECES),
    "vocab_size": _whole(1, PIECES),
    "task": is_line,
    "schema": _schema,
    "inputs": _names(ARRAYS, least=1),
    "outputs": _outputs,
    "form": _one_of("multiclass", "binary", "multilabel", "regression", None),
    "quantize": _one_of(*QUANTIZE, None),
    "client": _one_of(MEDIAPIPE, None),
    "model": _sealed,
    "ask_below": _asking,
    DECODING: _decoding,
}
