"""The file of an index: an archive of NumPy without pickle, so anybody may read it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import UserError, first_line

FORMAT = 1
VECTORS, ENTRIES, ABOUT = "vectors", "entries", "about"


def write_index(path: Path, vectors: np.ndarray, entries: Sequence[Any], model: str) -> None:
    """Write vectors, entries and the digest of the model to a file.

    Args:
        path: The file.
        vectors: `[texts, dimensions]`, float32.
        entries: JSON values.
        model: The digest, or empty.
    """
    lines = "\n".join(json.dumps(entry, ensure_ascii=False) for entry in entries).encode("utf-8")
    about = {"tfkd_index": FORMAT, "model": model, "digest": _digest(vectors, lines)}
    described = np.frombuffer(json.dumps(about).encode(), np.uint8)
    with path.open("wb") as file:
        np.savez(file, about=described, entries=np.frombuffer(lines, np.uint8), vectors=vectors)


def read_index(path: Path) -> tuple[np.ndarray, list[Any], str]:
    """Return the vectors, the entries and the digest of the model.

    Raises:
        UserError: No such file, another one, or a damaged one.
    """
    if not path.is_file():
        raise UserError(f"no file {path}: make an index with `tfkd index FILE.tflite TEXTS --to`.")
    try:
        # NumPy leaves a file open where it is no archive.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            if {ABOUT, ENTRIES, VECTORS} - set(archive.files):
                raise ValueError(f"it has {', '.join(archive.files)[:80]} inside")
            about = json.loads(archive[ABOUT].tobytes())
            lines, vectors = archive[ENTRIES].tobytes(), archive[VECTORS]
        if about["tfkd_index"] > FORMAT:
            raise UserError(f"{path} was written by a newer tfkd: update tfkd.")
        if about["digest"] != _digest(vectors, lines):
            raise ValueError("its bytes changed")
        entries = [json.loads(line) for line in lines.decode("utf-8").split("\n")]
        return vectors, entries, str(about["model"])
    except UserError:
        raise
    except Exception as error:
        # A damaged archive makes NumPy and zipfile raise a dozen kinds.
        raise UserError(
            f"{path} is no index, or was damaged or cut off ({first_line(error)}): copy it or make "
            "it again."
        ) from error


def check_entries(entries: Iterable[Any], count: int) -> list[Any]:
    """Return entries as a list, if they belong to so many vectors and a file can hold them.

    Args:
        entries: One for each vector.
        count: How many vectors there are.

    Raises:
        UserError: The first of them, or their number.
    """
    if isinstance(entries, (str, bytes, Mapping)) or not isinstance(entries, Iterable):
        raise UserError(f"the entries are {entries!r:.40}: give a list of one for each vector.")
    entries = list(entries)
    if len(entries) != count:
        raise UserError(
            f"{len(entries):,} entries came for {count:,} vectors: give a list of one for each."
        )
    for place, entry in enumerate(entries):
        try:
            json.dumps(entry, allow_nan=False)
        except (TypeError, ValueError, RecursionError) as error:
            raise UserError(
                f"entry {place} is no JSON value ({first_line(error)}): give texts, numbers, or "
                "lists and dicts of them."
            ) from error
    return entries


def _digest(vectors: np.ndarray, lines: bytes) -> str:
    """Return a digest of all that is in the file, since an archive checks its parts alone."""
    mark = hashlib.sha256(repr((vectors.dtype.str, vectors.shape)).encode())
    mark.update(np.ascontiguousarray(vectors).data)
    mark.update(lines)
    return mark.hexdigest()[:32]
