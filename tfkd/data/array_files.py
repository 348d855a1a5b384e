"""Data sets of arrays with one label each: idx files, and NumPy's `.npz` and `.npy`."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import UserError, first_line
from .folders import FILE_NAMES
from .idx_files import read_idx

_IDX = re.compile(r"(?P<split>\w+)-images[.-]idx\d-ubyte(\.gz)?")
_TEST = ("test", "t10k")
"""What idx files call their test split too."""
_NAMES = ("class_names", "names")


@dataclass(frozen=True)
class ArrayPart:
    """The arrays of one split.

    Attributes:
        origin: The file.
        load: Reads one array for each example, and the labels, or None where there are none.
        names: Class names by id, where the file has them.
    """

    origin: str
    load: Callable[[], tuple[Any, Any]]
    names: tuple[str, ...] = ()


def find_arrays(path: Path) -> dict[str, ArrayPart]:
    """Return the arrays by split; one file of one split is `train`; empty where there are none.

    A folder holds idx files as MNIST's four, or `x_train.npy`, `y_train.npy` and so on; an `.npz`
    has arrays of these names, or `x` and `y`.

    Args:
        path: A file or a folder.

    Raises:
        UserError: A file that is damaged, or has arrays of other names.
    """
    try:
        is_folder = path.is_dir()
    except OSError:
        return {}  # a long text is no path
    if is_folder:
        return _idx_splits(path) or _npy_splits(path)
    if path.suffix == ".npz":
        return _npz_splits(path)
    if path.suffix == ".npy":
        return {"train": _npy_part(path)}
    return {"train": _idx_part(path)} if _IDX.fullmatch(path.name) else {}


def _idx_splits(folder: Path) -> dict[str, ArrayPart]:
    parts = {}
    for path in sorted(folder.iterdir()):
        match = _IDX.fullmatch(path.name)
        split = _split_called(match["split"]) if match else None
        if split:
            parts[split] = _idx_part(path)
    return parts


def _split_called(name: str) -> str | None:
    names = {**FILE_NAMES, "test": (*FILE_NAMES["test"], *_TEST)}
    return next((split for split, known in names.items() if name.lower() in known), None)


def _idx_part(images: Path) -> ArrayPart:
    stem = re.sub(r"-images([.-])idx\d", r"-labels\1idx1", images.name).removesuffix(".gz")
    labels = [images.parent / name for name in (stem, f"{stem}.gz")]
    found = next((path for path in labels if path.is_file()), None)
    return ArrayPart(str(images), partial(_load_idx, images, found))


def _load_idx(images: Path, labels: Path | None) -> tuple[np.ndarray, np.ndarray | None]:
    x, y = read_idx(images), None if labels is None else read_idx(labels)
    return _checked(x, y, str(images), "images")


def _npz_splits(path: Path) -> dict[str, ArrayPart]:
    with _opened(path) as archive:
        known = set(archive.files)
        names = next((tuple(map(str, archive[name])) for name in _NAMES if name in known), ())
    parts = {}
    for name in sorted(known):
        split = _split_called(name.removeprefix("x_")) if name.startswith("x_") else None
        split = "train" if name == "x" else split
        if split:
            load = partial(_load_npz, path, name, f"y{name[1:]}")
            parts[split] = ArrayPart(f"{path}:{name}", load, names)
    if not parts:
        raise UserError(
            f"{path} holds {', '.join(sorted(known)) or 'nothing'}: expected arrays called x_train "
            "and y_train (x_test, y_test, x_validation, ... beside them), or x and y."
        )
    return parts


def _load_npz(path: Path, x: str, y: str) -> tuple[np.ndarray, np.ndarray | None]:
    with _opened(path) as archive:
        try:
            arrays = archive[x], archive[y] if y in archive.files else None
        except (ValueError, zipfile.BadZipFile, EOFError, OSError) as error:
            raise UserError(f"{path} cannot be read ({first_line(error)}).") from error
    return _checked(*arrays, str(path), x)


def _opened(path: Path) -> Any:
    try:
        opened = np.load(path, allow_pickle=False)
    except (ValueError, zipfile.BadZipFile, EOFError, OSError) as error:
        raise UserError(f"{path} is no file of NumPy ({first_line(error)}).") from error
    if not isinstance(opened, Mapping):
        raise UserError(f"{path} is no archive of arrays: write it with np.savez.")
    return opened


def _npy_splits(folder: Path) -> dict[str, ArrayPart]:
    parts = {}
    for path in sorted(folder.glob("x_*.npy")):
        split = _split_called(path.stem.removeprefix("x_"))
        if split:
            parts[split] = _npy_part(path)
    return parts


def _npy_part(path: Path) -> ArrayPart:
    labels = path.with_name(f"y{path.name[1:]}") if path.name.startswith("x") else path
    found = labels if labels != path and labels.is_file() else None
    return ArrayPart(str(path), partial(_load_npy, path, found))


def _load_npy(path: Path, labels: Path | None) -> tuple[np.ndarray, np.ndarray | None]:
    try:
        x = np.load(path, allow_pickle=False)
        y = None if labels is None else np.load(labels, allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        raise UserError(f"{path} is no file of NumPy ({first_line(error)}).") from error
    return _checked(x, y, str(path), "examples")


def _checked(
    x: np.ndarray, y: np.ndarray | None, path: str, what: str
) -> tuple[np.ndarray, np.ndarray | None]:
    """Refuse arrays that are none of examples, and labels of another number.

    Raises:
        UserError: They are.
    """
    if x.ndim < 2 or not len(x):
        raise UserError(f"{path}: {what} is an array {list(x.shape)}: expected [examples, ...].")
    if y is None:
        return x, None
    y = y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y
    if y.ndim != 1:
        raise UserError(
            f"{path}: the labels are an array {list(y.shape)}: expected one class for each example."
        )
    if len(x) != len(y):
        raise UserError(
            f"{path}: there are {len(x):,} examples and {len(y):,} labels: give one for each."
        )
    return x, y
