"""From labels as written (names or integers) to class ids."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import UserError
from .examples import IGNORE


def label_key(where: str, label: Any) -> str | None:
    """Write a label of any type as one string; return None if it says "unlabelled".

    >>> [label_key("", label) for label in (3, "3", 3.0, True, " good ", None, -100, "")]
    ['3', '3', '3', 'true', 'good', None, None, None]
    """
    if isinstance(label, bool):
        return str(label).lower()
    if isinstance(label, float) and label.is_integer():
        label = int(label)
    if label is None or isinstance(label, str | int):
        key = "" if label is None else str(label).strip()
        return None if key in ("", str(IGNORE)) else key
    raise UserError(
        f"{where}: the label is {label!r:.40}; expected a class name or its integer id."
    )


def is_id(key: str) -> bool:
    """Return whether the label is an integer.

    >>> is_id("12"), is_id("-1"), is_id("five")
    (True, True, False)
    """
    return key.removeprefix("-").isdecimal() and key.isascii()


@dataclass(frozen=True)
class Classes:
    """Class names by id, and the id of every way to write a label."""

    names: tuple[str, ...]
    ids: Mapping[str, int]
    origin: str

    def check(self, first_seen: Mapping[str, str]) -> None:
        """Refuse a label that is no class; `first_seen` maps each label to its first row."""
        for key, where in first_seen.items():
            if key not in self.ids:
                raise UserError(
                    f"{where}: unknown label {key!r}; {self.origin} has "
                    f"{len(self.names)} classes: {shorten(self.names)}."
                )


def classes_from_data(first_seen: Mapping[str, str], origin: str) -> Classes:
    """Find the classes in the labels of the training split: integers 0..n-1, or sorted names.

    Args:
        first_seen: The labels of the data, each with its first row.
        origin: Where they come from, for errors.

    Raises:
        UserError: One class only, or integers that are not 0..n-1.
    """
    if not first_seen:
        return Classes((), {}, origin)
    if len(first_seen) == 1:
        raise UserError(
            f"{next(iter(first_seen.values()))} and all others have the label "
            f"{next(iter(first_seen))!r}: {origin} has one class only; expected at least two."
        )
    if all(is_id(key) for key in first_seen):
        return _integers(first_seen, origin)
    names = tuple(sorted(first_seen))
    return Classes(names, {name: i for i, name in enumerate(names)}, origin)


def _integers(first_seen: Mapping[str, str], origin: str) -> Classes:
    values = {int(key) for key in first_seen}
    size = max(values) + 1
    negative = sorted(value for value in values if value < 0)
    missing = [i for i in range(min(size, len(values) + 1)) if i not in values]
    if negative or missing:
        what = f"{shorten(negative)} is below 0" if negative else f"{shorten(missing)} is missing"
        first = first_seen.get(str(max(values)), origin)
        raise UserError(
            f"{origin}: integer labels must be 0..n-1, but {what} (largest label: {max(values)}, "
            f"{first}). Renumber them, or give the class names with --labels."
        )
    names = tuple(str(i) for i in range(size))
    return Classes(names, {**{k: int(k) for k in first_seen}, **{n: int(n) for n in names}}, origin)


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
    ids = (
        (by_name if first_seen.keys() <= by_name.keys() else by_id) if numeric else by_id | by_name
    )
    return Classes(names, ids, origin)


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


def read_names(path: Path) -> tuple[str, ...]:
    """Read class names by id from a `.txt` (one a line) or a `.json` (a list of strings).

    Raises:
        UserError: A file that cannot be read, or that is no list of at least two different names.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        names = json.loads(text) if path.suffix.lower() == ".json" else text.strip().split("\n")
    except (OSError, ValueError) as error:
        raise UserError(f"the class file {path} cannot be read: {error}.") from None
    if not isinstance(names, list) or not all(isinstance(n, str) and n.strip() for n in names):
        raise UserError(f"the class file {path} must be a list of names, none of them empty.")
    names = [name.strip() for name in names]
    if len(names) < 2 or len(set(names)) < len(names):
        raise UserError(f"the class file {path} must name at least two classes, each once.")
    return tuple(names)


def find_names(folder: Path, column: str) -> Path | None:
    """Find the class file next to the data, if there is one."""
    files = (folder / name for name in ("labels.json", "labels.txt", f"{column}s.json"))
    return next((file for file in files if file.is_file()), None)


def shorten(values: Iterable[Any], most: int = 10) -> str:
    """Write a list for a sentence.

    >>> shorten([0, 1, 2, 3], most=2)
    '0, 1, ... (4 in all)'
    """
    values = list(values)
    head = ", ".join(str(value) for value in values[:most])
    return head if len(values) <= most else f"{head}, ... ({len(values)} in all)"
