"""From labels as written to class ids; numbers and truth values count by value, not by spelling."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from ..errors import UserError
from .examples import IGNORE

_NUMBER = re.compile(r"[+-]?(\d{1,18}(\.\d{0,18})?|\.\d{1,18})([eE][+-]?\d{1,2})?", re.ASCII)
_ID = re.compile(r"-?\d{1,18}", re.ASCII)
# 4,5 of half of the world; 1,000 of the other half.
_COMMA = re.compile(r"[+-]?\d+(,\d+)+", re.ASCII)
_LEADING_ZEROS = re.compile(r"0\d+", re.ASCII)
# How programs write that there is nothing, in a column that is otherwise of numbers.
_NOTHING = frozenset(("nan", "na", "n/a", "null", "none", "nil", "-", "?", "#n/a"))


def label_key(where: str, label: Any) -> str | None:
    """Write a label of any type as one string; return None if it says "unlabelled".

    Args:
        where: File and row, for the error.
        label: What is in the column.

    Raises:
        UserError: Something that names no class, or a class name of several lines.

    >>> [label_key("", label) for label in (3, "3.0", 3.0, "1e0", True, " good ", "007")]
    ['3', '3', '3', '1', 'true', 'good', '007']
    >>> [label_key("", label) for label in (None, -100, "-100.0", " ", math.nan)]
    [None, None, None, None, None]
    """
    if isinstance(label, bool):
        return str(label).lower()
    if isinstance(label, float) and math.isnan(label):
        return None
    infinite = isinstance(label, float) and math.isinf(label)
    if infinite or not isinstance(label, str | int | float | Decimal | None):
        several = isinstance(label, (list, tuple))
        raise UserError(
            f"{where}: the label is {label!r:.40}; expected a class name or its integer id."
            + (" Write --form multilabel for several labels a text." if several else "")
        )
    key = "" if label is None else str(label).strip()
    if not _LEADING_ZEROS.fullmatch(key):
        number = as_number(key)
        key = key if number is None or number.denominator > 1 else str(number.numerator)
    if key in ("", str(IGNORE)):
        return None
    return check_class_name(where, key)


def check_class_name(where: str, name: str) -> str:
    """Return a class name itself, if it is one line of text that UTF-8 can hold.

    Args:
        where: File and row, for the error.
        name: The class name.

    Raises:
        UserError: Several lines, or half a character.
    """
    if len(name.splitlines()) > 1:
        raise UserError(
            f"{where}: the class name {name!r:.60} has a line break; write each class name on "
            "one line."
        )
    try:
        name.isascii() or name.encode()
    except UnicodeEncodeError:
        raise UserError(
            f"{where}: the class name {name!r:.60} holds half a character (a lone surrogate)."
        ) from None
    return name


def as_number(key: str) -> Fraction | None:
    """Return the number that a label is, or None.

    >>> as_number("1.50"), as_number("-2"), as_number("five"), as_number("1_000")
    (Fraction(3, 2), Fraction(-2, 1), None, None)
    """
    return Fraction(key) if _NUMBER.fullmatch(key) else None


def is_id(key: str) -> bool:
    """Return whether the label is an integer.

    >>> is_id("12"), is_id("-1"), is_id("five")
    (True, True, False)
    """
    return _ID.fullmatch(key) is not None


def value_of(key: str) -> int | str:
    """Return what is the same for all spellings of a label.

    >>> value_of("07") == value_of("7"), value_of("True") == value_of("true")
    (True, True)
    >>> value_of("Good") == value_of("good")
    False
    """
    if is_id(key):
        return int(key)
    return key.lower() if key.lower() in ("true", "false") else key


def _by_number(key: str) -> tuple[bool, int, str]:
    return (False, int(key), key) if is_id(key) else (True, 0, key)


@dataclass(frozen=True)
class Classes:
    """Class names by id, and the id of every way to write a label.

    Attributes:
        names: Class names by id.
        ids: The id of each label as it is written in the data.
        origin: Where the names come from, for errors.
        by_rank: Whether the names come from a list, whose place is the id.
    """

    names: tuple[str, ...]
    ids: Mapping[str, int]
    origin: str
    by_rank: bool = False

    def including(self, first_seen: Mapping[str, str]) -> Classes:
        """Return the classes with the ids of these labels too, however they are spelled.

        Args:
            first_seen: The labels of a split, each with its first row.

        Raises:
            UserError: A label that is no class.
        """
        ids = {value_of(key): number for key, number in self.ids.items()}
        for key, where in first_seen.items():
            if value_of(key) not in ids:
                raise UserError(
                    f"{where}: unknown label {key!r}; {self.origin} has "
                    f"{len(self.names)} classes: {shorten(self.names)}.{self._cure(key)}"
                )
        return replace(self, ids={**self.ids, **{key: ids[value_of(key)] for key in first_seen}})

    def _cure(self, key: str) -> str:
        near = [name for name in self.names if name.casefold() == key.casefold()]
        if near:
            return f" Did you mean {near[0]!r}?"
        if key == "-1":
            return " A row without a label says so with an empty field or -100."
        if self.by_rank and is_id(key):
            last = len(self.names) - 1
            return (
                f" Numbers stand for the names of that list from 0 to {last}. If yours count from "
                "1, or are stars, leave the list out: the numbers are then the names. Or give a "
                '.json file of names by label: {"1": "bad", "2": "good"}.'
            )
        return ""


def classes_from_data(first_seen: Mapping[str, str], origin: str) -> Classes:
    """Find the classes in the labels of the training split: numbers by value, then sorted names.

    Args:
        first_seen: The labels of the data, each with its first row.
        origin: Where they come from, for errors.

    Raises:
        UserError: One class only, or numbers that are no classes.
    """
    spellings: dict[int | str, list[str]] = {}
    for key in first_seen:
        spellings.setdefault(value_of(key), []).append(key)
    if len(spellings) == 1:
        raise UserError(
            f"{next(iter(first_seen.values()))} and all others have the label "
            f"{next(iter(first_seen))!r}: {origin} has one class only; expected at least two."
        )
    _refuse_doubtful_numbers(first_seen, origin)
    names = tuple(sorted(map(min, spellings.values()), key=_by_number))
    place = {value_of(name): i for i, name in enumerate(names)}
    return Classes(names, {key: place[value_of(key)] for key in first_seen}, origin)


def _refuse_doubtful_numbers(first_seen: Mapping[str, str], origin: str) -> None:
    """Refuse numbers that measure something, and a mark for "nothing" among numbers."""
    numbers = {key: as_number(key) for key in first_seen}
    words = [key for key, number in numbers.items() if number is None]
    marks = [key for key in words if key.casefold() in _NOTHING]
    nan = [key for key in marks if key.casefold() == "nan"]
    if nan or (words and words == marks and len(numbers) > len(marks) + 1):
        mark = (nan or marks)[0]
        raise UserError(
            f"{first_seen[mark]}: the label is {mark!r}, which says that there is none: leave the "
            "field of a row without a label empty, or write -100."
        )
    if words and all(map(_COMMA.fullmatch, words)):
        raise UserError(
            f"{first_seen[words[0]]}: the label is {words[0]!r}, a number with a comma: write "
            "numbers with a point and --form regression to predict them, --form multilabel where "
            "the comma separates several labels, or names for classes."
        )
    fractions = [key for key, number in numbers.items() if number and number.denominator > 1]
    if fractions and not words:
        raise UserError(
            f"{first_seen[fractions[0]]}: the label is {fractions[0]}, and {origin} has "
            f"{len(numbers):,} different decimal numbers as labels, which are no classes: write "
            "--form regression to predict a number, or names and whole numbers for classes."
        )
    found = {int(number) for number in numbers.values() if number is not None}
    # -1, 0, 1 are opinions; -1 next to 0..n-1 is how some data sets write "no label".
    if not words and min(found, default=0) == -1 and max(found) + 2 == len(found) != 3:
        raise UserError(
            f"{first_seen.get('-1', origin)}: the label -1 is below 0, and the others of {origin} "
            f"are 0 to {max(found)}: if it says that there is no label, leave the field empty or "
            "write -100; if it is a class, write a name for it."
        )


def classes_from_names(
    names: tuple[str, ...], first_seen: Mapping[str, str], origin: str
) -> Classes:
    """Make classes from a list of names; the labels seen are names or, failing that, ids.

    Args:
        names: Class names by id.
        first_seen: The labels of the data, each with its first row.
        origin: Where the names come from, for errors.
    """
    by_name = {name: i for i, name in enumerate(names)}
    by_id = {str(i): i for i in range(len(names))}
    # Names such as "1" to "5" are taken as names when every label is one of them.
    numeric = any(is_id(name) for name in names)
    named = {value_of(name) for name in names}
    all_named = all(value_of(key) in named for key in first_seen)
    ids = (by_name if all_named else by_id) if numeric else by_id | by_name
    return Classes(names, ids, origin, by_rank=True)


def classes_from_keys(names: Mapping[str, str], origin: str) -> Classes:
    """Make classes from a name for each label, in the order of the labels.

    Args:
        names: A class name for each label.
        origin: Where they come from, for errors.

    >>> classes_from_keys({"10": "great", "9": "good"}, "names.json").names
    ('good', 'great')
    """
    keys = sorted(names, key=_by_number)
    ids = {key: i for i, key in enumerate(keys)}
    return Classes(
        tuple(names[key] for key in keys),
        {**{names[key]: i for key, i in ids.items() if not is_id(names[key])}, **ids},
        origin,
    )


def check_all_seen(classes: Classes, labels: Collection[str], data: str) -> None:
    """Refuse a class file with classes that no training row has.

    Args:
        classes: The classes of the class file.
        labels: All labels of the training rows; empty where no row is labelled.
        data: What to call the data in the error.

    Raises:
        UserError: Classes without a row.
    """
    seen = {classes.ids[label] for label in labels}
    unseen = [name for i, name in enumerate(classes.names) if i not in seen]
    if labels and unseen:
        raise UserError(
            f"{classes.origin} and {data} disagree: no row has the class {shorten(unseen)}."
        )


def shorten(values: Iterable[Any], most: int = 10) -> str:
    """Write a list for a sentence.

    >>> shorten([0, 1, 2, 3], most=2)
    '0, 1, ... (4 in all)'
    """
    values = list(values)
    head = ", ".join(str(value) for value in values[:most])
    return head if len(values) <= most else f"{head}, ... ({len(values)} in all)"
