"""Folders with one file for each example, such as images, in a folder for each class."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from ..errors import UserError
from .folders import FILE_NAMES, UNLABELLED_FOLDERS
from .labels import check_class_name

Files = list[tuple[Path, str | None]]
"""Files, each with its class, or None where it has none."""


def find_class_folders(folder: Path, suffixes: Collection[str]) -> dict[str, Files]:
    """Return the files of a folder by split, sorted: `train/CLASS/a.png`, or `CLASS/a.png`.

    Files that lie in the folder itself have no class. Without folders of splits all are `train`.

    Args:
        folder: The folder.
        suffixes: Those of the files, in small letters.

    Raises:
        UserError: A folder of a class without a file.
    """
    if not folder.is_dir():
        return {}
    named: dict[str, Files] = {}
    for split, names in FILE_NAMES.items():
        for name in names:
            if (folder / name).is_dir():
                unlabelled = split == "unlabelled"
                named.setdefault(split, []).extend(_files(folder / name, suffixes, unlabelled))
    if any(named.values()):
        return {split: files for split, files in named.items() if files}
    files = _files(folder, suffixes)
    return {"train": files} if files else {}


def _files(folder: Path, suffixes: Collection[str], unlabelled: bool = False) -> Files:
    """Return the files in a folder, and in those of classes in it."""
    found: Files = [(path, None) for path in _with_suffix(folder, suffixes)]
    classes = [] if unlabelled else _inner(folder)
    by_class = {inner: _with_suffix(inner, suffixes) for inner in classes}
    if not any(by_class.values()):
        return found
    for inner, paths in by_class.items():
        if not paths:
            raise UserError(
                f"the folder {inner} of a class holds no {', '.join(suffixes)}: put some into it, "
                "or remove it."
            )
        label = None if inner.name in UNLABELLED_FOLDERS else inner.name
        if label is not None:
            check_class_name(str(folder), label)
        found += [(path, label) for path in paths]
    return found


def _inner(folder: Path) -> list[Path]:
    inner = (path for path in folder.iterdir() if path.is_dir())
    return sorted(path for path in inner if not path.name.startswith("."))


def _with_suffix(folder: Path, suffixes: Collection[str]) -> list[Path]:
    return sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() in suffixes and path.is_file() and not path.name.startswith(".")
    )
