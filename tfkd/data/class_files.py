"""Files of class names: found next to the data, or given with `--labels`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from ..errors import UserError
from .labels import Classes, check_class_name, classes_from_keys, classes_from_names, label_key


def read_classes(path: Path, first_seen: Mapping[str, str]) -> Classes:
    """Read class names from a `.txt` (one a line) or a `.json` (a list, or names by label).

    Args:
        path: The file.
        first_seen: The labels of the data, each with its first row.

    Raises:
        UserError: A file that cannot be read, or that does not name two classes or more.
    """
    names = _parse(path)
    if isinstance(names, dict):
        keys = {label_key(str(path), key) or "": name for key, name in names.items()}
        by_key = dict(zip(keys, _checked(path, list(keys.values())), strict=True))
        return classes_from_keys(by_key, str(path))
    return classes_from_names(_checked(path, names), first_seen, str(path))


def read_names(path: Path) -> tuple[str, ...]:
    """Return the class names of a file by id: as they are listed, or in the order of their keys.

    Args:
        path: A `.txt` (one a line) or a `.json` (a list, or names by id).

    Raises:
        UserError: A file that cannot be read, that does not name two classes or more, or whose ids
            are not all numbers from 0 on.
    """
    names = _parse(path)
    if isinstance(names, dict):
        if other := next((key for key in names if not key.isdecimal()), None):
            raise UserError(
                f"the class file {path} names {other!r}, which is no id: write a list of names in "
                "the order of the ids, or an object of names by id."
            )
        by_id = {int(key): name for key, name in names.items()}
        _check_ids(path, by_id)
        names = [by_id[number] for number in range(len(by_id))]
    return _checked(path, names)


def _check_ids(path: Path, ids: Iterable[int]) -> None:
    """Refuse ids from which the place of a name in the list does not follow."""
    found = sorted(ids)
    if found != list(range(len(found))):
        raise UserError(
            f"the class file {path} has the ids {', '.join(map(str, found[:8]))}"
            f"{', ...' if found[8:] else ''}: name every id from 0 on, also one that no row has."
        )


def _parse(path: Path) -> object:
    """Return what a class file holds; names by number, as in label2id, as a list.

    Raises:
        UserError: It cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        names = json.loads(text) if path.suffix.lower() == ".json" else text.strip().split("\n")
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(f"the class file {path} cannot be read: {error}.") from None
    if isinstance(names, dict) and all(type(number) is int for number in names.values()):
        # What Hugging Face calls label2id.
        _check_ids(path, names.values())
        return sorted(names, key=names.__getitem__)
    return names


def _checked(path: Path, names: object) -> tuple[str, ...]:
    if not isinstance(names, list) or not all(isinstance(n, str) and n.strip() for n in names):
        raise UserError(f"the class file {path} must be a list of names, none of them empty.")
    stripped = [check_class_name(f"the class file {path}", name.strip()) for name in names]
    if len(stripped) < 2 or len(set(stripped)) < len(stripped):
        raise UserError(f"the class file {path} must name at least two classes, each once.")
    return tuple(label_key(str(path), name) or name for name in stripped)


def find_names(folder: Path, column: str) -> Path | None:
    """Find the class file next to the data, if there is one."""
    files = (folder / name for name in ("labels.json", "labels.txt", f"{column}s.json"))
    return next((file for file in files if file.is_file()), None)
