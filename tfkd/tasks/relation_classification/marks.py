"""Marks around two parts of a text: `The <e1>child</e1> lay in the <e2>cradle</e2>.` and so on."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ...errors import UserError

MARKS = ("<e1>", "</e1>", "<e2>", "</e2>")
_MARK = re.compile(r"</?e[12]>")
_BEGINNING = re.compile(r"<(?=/?e[12]>)")
_EXAMPLE = "The <e1>child</e1> lay in the <e2>cradle</e2>."

Span = tuple[int, int]
"""Start and end in characters, the end one past the last."""


def check_marks(text: str, where: str) -> None:
    """Refuse a text in which two parts are not marked, apart or one within the other.

    Args:
        text: The text with its marks.
        where: File and row, for the error.

    Raises:
        UserError: A mark that is missing, there twice or not closed, parts that cross, or a part
            without a word.
    """
    found = _MARK.findall(text)
    for mark in MARKS:
        if found.count(mark) > 1:
            raise UserError(f"{where}: {mark} is there {found.count(mark)} times; mark each once.")
    missing = next((mark for mark in MARKS if mark not in found), "")
    if missing:
        opening = missing.replace("/", "")
        not_closed = missing != opening and opening in found
        fault = f"{opening} is not closed" if not_closed else f"no {missing} in the text"
        cure = "" if found else " Texts without marks are read with --task text-classification."
        raise UserError(f"{where}: {fault}; mark both parts of a text, {_EXAMPLE}{cure}")
    opened: list[str] = []
    for mark in found:
        if not mark.startswith("</"):
            opened.append(mark)
        elif not opened or opened.pop() != mark.replace("/", ""):
            raise UserError(
                f"{where}: the marks cross ({' '.join(found)}); a part may lie within the other "
                "one, but not end outside of it."
            )
    for number in ("1", "2"):
        inside = text[text.index(f"<e{number}>") : text.index(f"</e{number}>")]
        if not _MARK.sub("", inside).strip():
            raise UserError(f"{where}: nothing stands between <e{number}> and </e{number}>.")


def mark_text(text: str, one: Span, other: Span) -> str:
    """Return a text with marks around two spans of it, which have been checked.

    What looks like a mark in the text itself gets a blank, so that it is read as other text.

    Args:
        text: The text without marks.
        one: What becomes `<e1>`.
        other: What becomes `<e2>`.

    >>> mark_text("a <e1> child", (7, 12), (0, 1))
    '<e2>a</e2> < e1> <e1>child</e1>'
    """
    edges = []
    for number, (start, end) in enumerate((one, other)):
        # Where several stand at one place, inner marks close first and outer ones open first.
        edges.append((start, 1, -end, number, MARKS[2 * number]))
        edges.append((end, 0, -start, -number, MARKS[2 * number + 1]))
    parts, at = [], 0
    for place, *_, mark in sorted(edges):
        parts += [_BEGINNING.sub("< ", text[at:place]), mark]
        at = place
    return "".join([*parts, _BEGINNING.sub("< ", text[at:])])


def with_pieces_of(text: str, pieces: Sequence[str]) -> tuple[str, list[Span]]:
    """Return a text with other marks in place of ours, and where the marked parts are, marks too.

    A text that was changed, and has lost a mark, has fewer parts.

    Args:
        text: The text with our marks.
        pieces: What to write for each of `MARKS`.

    >>> with_pieces_of("<e1>a</e1> <e2>b</e2>", ["$", "$", "#", "#"])
    ('$a$ #b#', [(0, 3), (4, 7)])
    """
    places: dict[str, Span] = {}
    parts: list[str] = []
    at = size = 0
    for match in _MARK.finditer(text):
        piece = pieces[MARKS.index(match[0])]
        size += match.start() - at
        places.setdefault(match[0], (size, size + len(piece)))
        parts += [text[at : match.start()], piece]
        size, at = size + len(piece), match.end()
    parts.append(text[at:])
    spans = [
        (places[opening][0], places[closing][1])
        for opening, closing in (MARKS[:2], MARKS[2:])
        if opening in places and closing in places and places[opening] < places[closing]
    ]
    return "".join(parts), spans


def has_marks(text: object) -> bool:
    """Return whether a value is a text with all four marks."""
    return isinstance(text, str) and all(mark in text for mark in MARKS)
