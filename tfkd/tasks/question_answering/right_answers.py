"""Right answers as files give them: texts with the character at which each begins."""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from ...errors import UserError

_START = ("answer_start", "start")
_KNOWN = ("text", *_START, "answer_end", "end", "id", "answer_id")
_WAYS = 'a list of {"text": ..., "answer_start": ...}, {"text": [...], "answer_start": [...]}'


class Gold(NamedTuple):
    """A right answer: its text, and the character of the context at which it begins."""

    text: str
    start: int


def read_answers(fields: Mapping[str, Any], where: str) -> tuple[Gold, ...] | None:
    """Return the right answers of a row; none at all where the context has none.

    Args:
        fields: `context` and `label`, the answers in any of the ways that files have; `start` and
            `impossible` where columns of their own say it.
        where: File and row, for the error.

    Returns:
        The answers; empty for a question without one, None for a question that is not labelled.

    Raises:
        UserError: Answers that cannot be read, or that the context does not have where they say.
    """
    found = _pairs(fields.get("label"), fields.get("start"), where)
    impossible = _truth(fields.get("impossible"), where)
    if impossible and found:
        raise UserError(
            f"{where}: is_impossible is true, and there is the answer {found[0][0]!r:.40}; leave "
            "one of them out."
        )
    if impossible:
        return ()
    if found == [] and impossible is False and fields.get("label") is not None:
        raise UserError(
            f"{where}: no answer, and is_impossible is false; write is_impossible true where the "
            "context does not answer the question, or null as answers of a row without a label."
        )
    if found is None:
        return None
    return tuple(_placed(text, start, fields["context"], where) for text, start in found)


def _pairs(value: Any, start: Any, where: str) -> list[tuple[str, Any]] | None:
    """Return texts with their starts as written, None where nothing is said."""
    if isinstance(value, str) and value.strip()[:1] in ("[", "{"):
        value = _parsed(value.strip())
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, Mapping) and isinstance(value.get("text"), (list, tuple)):
        _check_names(value, where)
        texts = list(value["text"])
        starts = next((value[name] for name in _START if name in value), None)
        starts = [None] * len(texts) if starts is None else starts
        # One number is the start of one text.
        starts = list(starts) if isinstance(starts, (list, tuple)) else [starts]
        if len(starts) != len(texts):
            raise UserError(
                f"{where}: {len(texts)} texts of answers and {len(starts)} starts; give one start "
                "for each."
            )
        return [(_text(text, where), at) for text, at in zip(texts, starts, strict=True)]
    several = value if isinstance(value, (list, tuple)) else [value]
    starts = start if isinstance(start, (list, tuple)) else [start] * len(several)
    if len(starts) != len(several):
        raise UserError(
            f"{where}: {len(several)} answers and {len(starts)} starts; give one start for each."
        )
    return [_pair(each, at, where) for each, at in zip(several, starts, strict=True)]


def _pair(value: Any, start: Any, where: str) -> tuple[str, Any]:
    if not isinstance(value, Mapping):
        return _text(value, where), start
    _check_names(value, where)
    own = next((value[name] for name in _START if name in value), start)
    return _text(value.get("text"), where), own


def _parsed(written: str) -> Any:
    """Return what a cell of a table says, as JSON or as Python prints it; else the text itself."""
    for parse in (json.loads, ast.literal_eval):
        try:
            return parse(written)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
    return written


def _check_names(value: Mapping[str, Any], where: str) -> None:
    unknown = [name for name in value if name not in _KNOWN]
    if unknown:
        raise UserError(
            f"{where}: an answer with the unknown field {unknown[0]!r}; expected {_WAYS}, or a "
            "text."
        )


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise UserError(
            f"{where}: an answer is {value!r:.40}; expected a text, {_WAYS}, or [] where the "
            "context has no answer."
        )
    return value


def _truth(value: Any, where: str) -> bool | None:
    if isinstance(value, str):
        # A table with empty cells has its numbers as decimal ones.
        spelled = {"true": True, "1": True, "1.0": True, "": None}
        spelled |= {"false": False, "0": False, "0.0": False}
        value = spelled.get(value.strip().casefold(), value)
    if value is None or value in (0, 1):
        return None if value is None else bool(value)
    raise UserError(f"{where}: is_impossible is {value!r:.40}; expected true or false.")


def _placed(text: str, start: Any, context: str, where: str) -> Gold:
    """Return an answer that stands where it says, or in one place of the context.

    Raises:
        UserError: It stands elsewhere, nowhere, or in several places and does not say where.
    """
    found = find_places(text, context)
    if start is None or start == "":
        if len(found) == 1:
            return Gold(text, found[0])
        raise UserError(f"{where}: the answer {text!r:.60} {_describe(found)}{_without(found)}.")
    at = _number(start, where)
    if at in found:
        return Gold(text, at)
    encoded = context.encode()
    if encoded[at : at + len(text.encode())] == text.encode() and at >= 0:
        right = len(encoded[:at].decode(errors="ignore"))
        raise UserError(
            f"{where}: answer_start {at} of {text!r:.60} counts bytes; it is character {right}."
        )
    raise UserError(
        f"{where}: the answer {text!r:.60} is not at character {at} of the context, where "
        f"{context[max(at, 0) : max(at, 0) + len(text)]!r:.60} stands; it {_describe(found)}."
    )


def find_places(text: str, context: str) -> list[int]:
    """Return the characters of a context at which a text stands.

    >>> find_places("an", "Ann can")
    [5]
    """
    places, at = [], context.find(text)
    while at >= 0:
        places.append(at)
        at = context.find(text, at + 1)
    return places


def _describe(found: list[int]) -> str:
    if not found:
        return "is nowhere in the context"
    more = ", ..." if len(found) > 3 else ""
    return f"is at {', '.join(map(str, found[:3]))}{more}"


def _without(found: list[int]) -> str:
    return "; write its answer_start" if found else ""


def _number(start: Any, where: str) -> int:
    if isinstance(start, str):
        # A table with empty cells has its numbers as decimal ones.
        start = start.strip().removesuffix(".0")
    try:
        at = int(start)
    except (TypeError, ValueError, OverflowError):
        at = -1
    if isinstance(start, bool) or at != (start if isinstance(start, (int, float)) else at):
        at = -1
    if at < 0:
        raise UserError(f"{where}: answer_start is {start!r:.40}; expected a character from 0.")
    return at
