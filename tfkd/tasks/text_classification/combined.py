"""Labels of one column that are really several labels a text, or numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from ...errors import UserError

SEPARATORS = ("|", ";", ",")
_REPEATED = 0.6
"Share of the parts of combined labels that occur in other labels too."
_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+", re.ASCII)


def split_labels(written: str, separator: str) -> list[str]:
    """Return the labels of a text that one string names, without blanks around them.

    >>> split_labels("plot| acting |", "|"), split_labels("plot|acting", "")
    (['plot', 'acting'], ['plot|acting'])
    """
    parts = written.split(separator) if separator else [written]
    return [part.strip() for part in parts if part.strip()]


def find_separator(labels: Iterable[str]) -> str:
    """Return what separates several labels in one string; empty where each is a label of its own.

    Strings are combinations where most of their parts occur in other labels too: the names
    "Health, Beauty" and "Toys, Games" are two classes.

    Args:
        labels: All strings that a column of labels holds.

    >>> find_separator(["plot|acting", "plot", "acting|music", "music"])
    '|'
    >>> find_separator(["Health, Beauty", "Toys, Games"])
    ''
    """
    different = set(labels)
    for separator in SEPARATORS:
        occurs: dict[str, int] = {}
        combined: set[str] = set()
        for label in different:
            parts = split_labels(label, separator)
            if len(parts) > 1:
                combined.update(parts)
            for part in set(parts):
                occurs[part] = occurs.get(part, 0) + 1
        repeated = sum(occurs[part] > 1 for part in combined)
        if combined and repeated >= _REPEATED * len(combined):
            return separator
    return ""


def check_single_labels(first_seen: Mapping[str, str]) -> None:
    """Refuse labels that would become a class for each combination, or for each number.

    Args:
        first_seen: The labels as written, each with its first row.

    Raises:
        UserError: They look like several labels a text, or like numbers.
    """
    cure = "or, if each is a class of its own, list the classes in a file and give it by --labels."
    numbers = [label for label in first_seen if _DECIMAL_COMMA.fullmatch(label)]
    if len(numbers) > 1:
        raise UserError(
            f"{first_seen[numbers[0]]}: the label {numbers[0]!r} is a number, and there are "
            f"{len(first_seen):,} different labels: write --form regression, {cure}"
        )
    separator = find_separator(first_seen)
    if separator:
        label = next(each for each in first_seen if len(split_labels(each, separator)) > 1)
        raise UserError(
            f"{first_seen[label]}: the label {label!r} looks like several labels of one text, "
            f"separated by {separator!r}: write --form multilabel, {cure}"
        )
