"""Rows whose parts are given as spans of characters or of words: TACRED's, FewRel's and others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...errors import UserError
from .marks import Span, has_marks, mark_text
from .span_values import Parts, as_words, find_spans, read_edges

_WORDS = ("tokens", "token", "words")


def mark_spans(fields: Mapping[str, Any], where: str, text_column: str) -> Mapping[str, Any]:
    """Return a row with a marked text in place of its text or words and two spans.

    A row without spans stays as it is; words alone become a text.

    Args:
        fields: The row's values by column.
        where: File and row, for the error.
        text_column: The column of the text.

    Raises:
        UserError: A span that is none, lies outside of the text or crosses the other one, or both
            spans and marks.
    """
    parts = find_spans(fields, where)
    words_column = next((name for name in _WORDS if as_words(fields.get(name))), "")
    words = as_words(fields.get(words_column))
    text = fields.get(text_column)
    if not parts:
        if words and text_column not in fields:
            return {**_without(fields, [words_column]), text_column: " ".join(words)}
        return fields
    used = [name for part in parts.values() for name in part]
    if isinstance(text, str) and words_column != text_column:
        if words:
            _check_counted(parts, f"{where}: a text", words_column)
        if has_marks(text):
            raise UserError(
                f"{where}: the text has marks, <e1> to </e2>, and there are spans too "
                f"({', '.join(used)}): leave one of them out."
            )
        spans = [_span_of_text(name, part, text, where=where) for name, part in parts.items()]
    elif words:
        used.append(words_column)
        text, spans = _join_words(words, parts, where)
    else:
        return fields
    _check_crossing(spans, list(parts), where)
    return {**_without(fields, used), text_column: mark_text(text, *spans)}


def _check_counted(parts: Parts, row: str, words_column: str) -> None:
    """Refuse spans of a row with a text and its words, unless each says the text it is of.

    A span of words lies within the characters of the text too, and would mark other letters.
    """
    for name, part in parts.items():
        if not read_edges(name, part, row)[2]:
            raise UserError(
                f"{row} and {words_column!r} are there, and {name} may count characters of the one "
                f"or words of the other: leave one of both out, or give spans of characters their "
                'text, {"start": 4, "end": 9, "text": "child"}.'
            )


def _span_of_text(name: str, part: Mapping[str, Any], text: str, *, where: str) -> Span:
    start, end, says = read_edges(name, part, where)
    _check_inside((start, end), len(text), f"{where}: {name}, characters")
    if not text[start:end].strip():
        raise UserError(f"{where}: {name}, characters {start} to {end}, has no word in it.")
    if says and says != text[start:end]:
        raise UserError(
            f"{where}: {name} is {text[start:end]!r} by its characters {start} to {end}, and "
            f"{says!r} by its text: count characters, not bytes, from 0, and end one past the last."
        )
    return start, end


def _join_words(words: Sequence[str], parts: Parts, where: str) -> tuple[str, list[Span]]:
    """Return words as one text, and spans of words as spans of its characters."""
    starts, size = [], 0
    for word in words:
        starts.append(size)
        size += len(word) + 1
    spans = []
    for name, part in parts.items():
        start, end, says = read_edges(name, part, where)
        # TACRED counts the last word of a part, all others the one after it.
        end += "subj_start" in parts.get("subj", {})
        _check_inside((start, end), len(words), f"{where}: {name}, words")
        spans.append((starts[start], starts[end - 1] + len(words[end - 1])))
        if not "".join(words[start:end]).strip():
            raise UserError(f"{where}: {name}, words {start} to {end}, is blank.")
        if says and _letters(says) != _letters("".join(words[start:end])):
            raise UserError(
                f"{where}: {name} is {' '.join(words[start:end])!r} by its words {start} to {end}, "
                f"and {says!r} by its text: count words from 0, and end one past the last."
            )
    return " ".join(words), spans


def _letters(text: str) -> str:
    """Return a text without blanks and capitals, of which words of a text may have others."""
    return "".join(text.split()).casefold()


def _check_inside(span: Span, size: int, what: str) -> None:
    start, end = span
    if not 0 <= start < end <= size:
        fault = "is empty or reversed" if end <= start else f"is outside of the {size} there are"
        raise UserError(f"{what} {start} to {end}, {fault}; count from 0, end one past the last.")


def _check_crossing(spans: Sequence[Span], names: Sequence[str], where: str) -> None:
    (a, b), (c, d) = spans
    if (a < c < b < d) or (c < a < d < b):
        raise UserError(
            f"{where}: {names[0]} ({a} to {b}) and {names[1]} ({c} to {d}) overlap; one may lie "
            "within the other, but not end outside of it."
        )


def _without(fields: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name not in names}
