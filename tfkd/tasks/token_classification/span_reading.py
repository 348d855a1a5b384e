"""Spans of characters in a text as tags of its words, and all that can be wrong with them."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ...errors import UserError
from ...text.words import Words
from .tags import Chunk

STARTS, ENDS = ("start", "start_offset", "begin"), ("end", "end_offset", "stop")
TYPES = ("label", "type", "entity", "tag", "entity_group", "entity_type")


class Marked(NamedTuple):
    """A span of characters as a file gives it."""

    start: int
    end: int
    type: str


def read_spans(where: str, value: Any, words: Words) -> list[Chunk] | None:
    """Return the spans of a text counted in words; None where the row has none written.

    Args:
        where: File and row, for errors.
        value: A list of dicts with `start`, `end` and `label`, or of lists of these three.
        words: The words of the text.

    Raises:
        UserError: A span that is none, outside of the text, over another one, or through a word.
    """
    if value is None:
        return None
    if not isinstance(value, (list, tuple)):
        raise UserError(
            f'{where}: the spans are {value!r:.40}; expected a list such as [{{"start": 0, "end": '
            '6, "label": "PER"}], and [] for a text without any.'
        )
    marked = sorted(_read(where, each, str(words.text)) for each in value)
    for one, other in itertools.pairwise(marked):
        if other.start < one.end:
            raise UserError(
                f"{where}: {_quote(one, words)} and {_quote(other, words)} overlap; a word has one "
                "tag: keep one of both."
            )
    return [_in_words(where, each, words) for each in marked]


def _read(where: str, value: Any, text: str) -> Marked:
    found: list[Any]
    if isinstance(value, Mapping):
        found = [next((value[n] for n in names if n in value), None) for names in _NAMES]
    else:
        found = list(value) if isinstance(value, Sequence) and len(value) == 3 else []
    if not (len(found) == 3 and all(map(_is_place, found[:2])) and _is_name(found[2])):
        raise UserError(
            f"{where}: the span {value!r:.80} is none; expected a dict with start, end (whole "
            "numbers) and label (a name), or a list of these three."
        )
    start, end, kind = found
    if end <= start:
        what = "is empty" if end == start else "ends before it starts"
        raise UserError(
            f"{where}: the span {start} to {end} ({kind}) {what}; end is one behind the last "
            "character."
        )
    if start < 0 or end > len(text):
        raise UserError(
            f"{where}: the span {start} to {end} ({kind}) is outside of the text, which has "
            f"{len(text)} characters."
        )
    return Marked(start, end, kind.strip())


_NAMES = (STARTS, ENDS, TYPES)


def _is_place(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip()) and len(value.splitlines()) == 1


def _in_words(where: str, marked: Marked, words: Words) -> Chunk:
    """Return a span counted in words; blanks at its ends do not matter."""
    places = words.spans or ()
    inside = [i for i, (start, end) in enumerate(places) if start < marked.end > marked.start < end]
    if not inside:
        raise UserError(f"{where}: {_quote(marked, words)} has no word in it; remove it.")
    first, last = inside[0], inside[-1]
    for word in (first, last):
        start, end = places[word]
        if start < marked.start or end > marked.end:
            near = places[first][0], places[last][1]
            raise UserError(
                f"{where}: {_quote(marked, words)} cuts the word {words.words[word]!r} ({start} to "
                f"{end}), and a word has one tag; write {near[0]} to {near[1]}, "
                f"{str(words.text)[near[0] : near[1]]!r:.60}, or give the words as `tokens`."
            )
    return Chunk(marked.type, first, last + 1)


def _quote(marked: Marked, words: Words) -> str:
    text = str(words.text)[marked.start : marked.end]
    return f"the span {marked.start} to {marked.end} ({marked.type} {text!r:.40})"
