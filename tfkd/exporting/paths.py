"""Where an export goes: its format by the path, and a folder to write in until it is finished."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import UserError
from .saved_model_folder import strangers

SUFFIXES = {"litert": ".tflite", "keras": ".keras", "onnx": ".onnx", "saved_model": ""}
_ALIASES = {"tflite": "litert"}
_EXPECTED = "`.tflite` (LiteRT), `.keras`, `.onnx`, or no suffix for a SavedModel folder"


def format_of(path: Path, format: str | None = None) -> str:
    """Return `litert`, `keras`, `onnx` or `saved_model`: as asked for, or by the suffix.

    Raises:
        UserError: No format has this name or suffix, or the two disagree.

    >>> format_of(Path("small.tflite")), format_of(Path("small")), format_of(Path("v1.0"), "tflite")
    Traceback (most recent call last):
    ...
    tfkd.errors.UserError: v1.0 does not end in `.tflite`, as format='tflite' needs.
    """
    by_suffix = {suffix: name for name, suffix in SUFFIXES.items()}
    if format is None:
        if path.suffix not in by_suffix:
            raise UserError(f"{path} ends in {path.suffix!r}: write {_EXPECTED}.")
        return by_suffix[path.suffix]
    kind = _ALIASES.get(format, format)
    if kind not in SUFFIXES:
        known = ", ".join(map(repr, (*SUFFIXES, *_ALIASES)))
        raise UserError(f"format={format!r}: write one of {known}, or leave it out.")
    if kind == "saved_model" and path.suffix in (".tflite", ".keras", ".onnx"):
        raise UserError(f"{path} ends in {path.suffix!r}, but a SavedModel is a folder.")
    if kind != "saved_model" and path.suffix != SUFFIXES[kind]:
        raise UserError(f"{path} does not end in `{SUFFIXES[kind]}`, as format={format!r} needs.")
    return kind


def check_target(path: Path, kind: str, overwrite: bool = True) -> None:
    """Refuse a target that would lose something other than an older export.

    Raises:
        UserError: It would.
    """
    if not path.name:
        raise UserError(f"{str(path)!r} names no file: write a path such as `small.tflite`.")
    if not path.exists():
        return
    if not overwrite:
        raise UserError(f"{path} exists: choose another path, or allow overwriting it.")
    if kind != "saved_model" and path.is_dir():
        raise UserError(f"{path} is a folder: give the path of a file.")
    if kind == "saved_model" and not path.is_dir():
        raise UserError(f"{path} is a file: a SavedModel is a folder, choose another path.")
    if kind == "saved_model" and any(path.iterdir()):
        _refuse_strangers(path)


def _refuse_strangers(folder: Path) -> None:
    """Refuse to replace a folder that holds anything but a SavedModel and what came with it."""
    if not (folder / "saved_model.pb").exists():
        raise UserError(f"{folder} holds other files: give a new or empty folder.")
    if names := strangers(folder):
        raise UserError(
            f"{folder} holds other files too ({', '.join(names[:3])}), which would be lost: give "
            "a new or empty folder."
        )


@contextmanager
def temporary_sibling(target: Path) -> Iterator[Path]:
    """Create a folder next to `target`, on the same disk, and delete it after the block.

    Raises:
        UserError: The folder cannot be written, or the disk is full.
    """
    folder = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=".tfkd-", dir=target.parent))
        yield folder
    except OSError as error:
        raise UserError(
            f"cannot write {target} ({error.strerror or error}): choose a folder that can be "
            "written and has room."
        ) from error
    finally:
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)


def size(path: Path) -> int:
    """Return the bytes of a file, or of all files in a folder."""
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())
