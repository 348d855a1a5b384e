"""Doubts about a file, told before any work: labels that are no classes, unnamed columns."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches
from itertools import islice
from typing import Any

from ..errors import UserError
from .labels import as_number, shorten

# Fewer classes than this may well have a row or two each.
_MANY_CLASSES = 20
_LONG_NAME = 40
_SHORTEST_TEXT = 8


class UnfitDataError(UserError):
    """The data are for another task than the one that was to read them."""


def check_class_count(
    first_seen: Mapping[str, str], labelled: int, *, column: str, origin: str
) -> None:
    """Refuse a label column that has nearly as many values as rows.

    Args:
        first_seen: The labels of the training split, each with its first row.
        labelled: Its rows with a label.
        column: The label column.
        origin: The training split, for the error.

    Raises:
        UserError: It is hardly a column of classes.
    """
    count = len(first_seen)
    if count < _MANY_CLASSES or 2 * count <= labelled:
        return
    # Decimal numbers have an error of their own.
    numbers = [number for key in first_seen if (number := as_number(key)) is not None]
    if len(numbers) == count and any(number.denominator > 1 for number in numbers):
        return
    long = sum(map(len, first_seen)) > _LONG_NAME * count
    kind = "texts, which are no classes" if long else "no classes"
    raise UnfitDataError(
        f"the label column {column!r} of {origin} has {count:,} different values in "
        f"{labelled:,} rows ({shorten((key[:30] for key in first_seen), 3)}): probably {kind}. "
        "Name another column with --label-column; or list the class names in a file, one a line, "
        "and give it with --labels."
    )


def guess_text(rows: Sequence[Mapping[str, Any]], others: Collection[str]) -> str:
    """Return the column with the longest texts; empty without one.

    Args:
        rows: The first rows.
        others: Columns that are taken, or known to be something else.

    >>> guess_text([{"id": "7", "said": "a fine film", "mood": "up"}], ("id",))
    'said'
    """
    names = [name for name in rows[0] if name not in others] if rows else []
    lengths = {
        name: sum(len(v) for row in rows if isinstance(v := row.get(name), str)) / len(rows)
        for name in names
    }
    best = max(lengths, key=lambda name: lengths[name], default="")
    return best if lengths.get(best, 0) >= _SHORTEST_TEXT else ""


def guess_pair(rows: Sequence[Mapping[str, Any]], text: str, others: Collection[str]) -> str:
    """Return the column with texts about as long as those of another one; empty without one.

    Args:
        rows: The first rows.
        text: The column with the longest texts.
        others: Columns that are taken, or known to be something else.
    """
    second = guess_text(rows, {*others, text})
    ours, theirs = ([str(row.get(name, "")) for row in rows] for name in (second, text))
    long = sum(map(len, ours)) > sum(map(len, theirs)) / 3
    words = sum(len(value.split()) for value in ours) > 3 * len(ours)
    return second if second and long and words and len(set(ours)) > len(ours) / 2 else ""


def guess_label(rows: Sequence[Mapping[str, Any]], others: Collection[str]) -> str:
    """Return the column with the fewest different values, at least two; empty without one.

    Args:
        rows: The first rows.
        others: Columns that are taken, or known to be something else.
    """
    names = [name for name in rows[0] if name not in others] if rows else []
    counts = {name: len({str(row.get(name)).strip() for row in rows} - {""}) for name in names}
    few = {name: n for name, n in counts.items() if 2 <= n <= max(2, len(rows) // 2)}
    return min(few, key=lambda name: few[name], default="")


def suggest_flags(
    missing: Sequence[str],
    wanted: Mapping[str, str],
    rows: Sequence[Mapping[str, Any]],
    others: Sequence[Collection[str]],
    *,
    label_is_text: bool = False,
) -> str:
    """Return what to write for the roles whose columns are missing, or nothing.

    Args:
        missing: The roles.
        wanted: The names that were looked for, by role.
        rows: The first rows of the file.
        others: Columns that are taken or hardly text or label, and those that are taken.
        label_is_text: Whether what is to be learnt is a text too, and no class.
    """
    names = list(rows[0]) if rows else []
    if rows and _is_data(names, rows):
        longest = max(names, key=len)
        header = ["text" if name == longest else "label" for name in names][:2]
        if len(names) == 2:
            return f" If the first row is no header, name the columns: --header {','.join(header)}."
        return " If the first row is no header, name all columns, --header text,label,..."
    text = next((name for taken in others if (name := guess_text(rows, taken))), "")
    pair = [text, guess_pair(rows, text, others[0])] if "text" in missing and text else [text]
    known = set(pair) if "text" in missing else set()
    # In the order of the file.
    in_order = [name for name in names if name in pair]
    if label_is_text:
        guess = _guess_source_and_target(in_order, rows, {*others[-1]})
    else:
        labels = (guess_label(rows, {*taken, *known}) for taken in others)
        guess = {"text": ",".join(in_order), "label": next(filter(None, labels), "")}
    flags = []
    for role in missing:
        near = get_close_matches(wanted[role], names, n=1)
        name = near[0] if near else guess.get(role, "")
        if name:
            flag = f"--{role}-column" if role in guess else f"--column {role}="
            flags.append(f"{flag}{' ' if role in guess else ''}{shlex.quote(name)}")
    return f" By the first rows: {' '.join(flags)}." if flags else ""


def _guess_source_and_target(
    pair: Sequence[str], rows: Sequence[Mapping[str, Any]], taken: set[str]
) -> dict[str, str]:
    """Return the likeliest columns of a text and of what is to be written from it.

    Args:
        pair: Two columns with texts of about one length, in their order; or the longest texts.
        rows: The first rows.
        taken: Columns that are something else.
    """
    if len(pair) == 2:
        return {"text": pair[0], "label": pair[1]}
    text = "".join(pair)
    return {"text": text, "label": guess_text(rows, {*taken, text})}


def _is_data(names: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether a header reads like a row: a long text, a number, or a value of a column."""
    values = [{str(row.get(name)) for row in rows} for name in names]
    return any(
        len(name.split()) > 5 or as_number(name) is not None or name in found
        for name, found in zip(names, values, strict=True)
    )


def first_rows(rows: Any, count: int = 200) -> list[dict[str, Any]]:
    """Return the fields of the first rows of a stream.

    Args:
        rows: The stream.
        count: How many.
    """
    return [row.fields for row in islice(rows, count)]
