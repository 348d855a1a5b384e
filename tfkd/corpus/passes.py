"""One pass of a model over encoded texts: its logits, in the order of the texts, on disk."""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from ..errors import UserError
from .encoded import Encoded

TOKENS = 2_048  # of padded text in one batch
SAVE_EVERY = 50  # batches


def logits_of(
    model: Callable[[np.ndarray], np.ndarray],
    encoded: Encoded,
    path: Path,
    classes: int,
    advance: Callable[[int], None] = lambda done: None,
) -> np.ndarray:
    """Run `model`, ids `[batch, length]` to logits `[batch, classes]`, over every text once.

    The result is `[texts, classes]`, float32, a memory map of `path` (`.npy`). Texts of similar
    length run together. An interrupted pass goes on where it was; a whole file is opened as it
    is. `advance` is told of texts done.

    Raises:
        UserError: NaN or +inf, naming the text; logits of another shape, from the model or in
            the file.
    """
    shape = (len(encoded), classes)
    if path.is_file():
        return stored(path, shape)
    part, note = path.with_suffix(".part"), path.with_suffix(".done.json")
    facts = {"shape": shape, "texts": zlib.crc32(encoded.lengths.tobytes())}
    done, out = _begun(part, note, facts)
    advance(done)
    for count, rows in enumerate(by_length(encoded.lengths, done)):
        out[rows] = _checked(model(encoded[rows]), rows, classes)
        done += len(rows)
        advance(len(rows))
        if count % SAVE_EVERY == SAVE_EVERY - 1:
            out.flush()
            _write(note, {"done": done, **facts})
    out.flush()
    os.replace(part, path)
    note.unlink(missing_ok=True)
    return np.load(path, mmap_mode="r")


def by_length(lengths: np.ndarray, skip: int = 0) -> Iterator[np.ndarray]:
    """Positions, longest texts first, as many at a time as make about 2,048 tokens.

    The longest first: if memory does not suffice, that shows at once.

    >>> [each.tolist() for each in by_length(np.array([5, 2048, 7]))]
    [[1], [2, 0]]
    """
    order = np.argsort(-lengths.astype("int64"), kind="stable")
    while skip < len(order):
        size = max(1, TOKENS // int(lengths[order[skip]]))
        yield order[skip : skip + size]
        skip += size


def stored(path: Path, shape: tuple[int, int]) -> np.ndarray:
    """The logits of a finished pass, mapped from `path`.

    Raises:
        UserError: a damaged file, or one of another shape.
    """
    try:
        found = np.load(path, mmap_mode="r")
    except (ValueError, EOFError) as error:
        raise UserError(f"{path} is damaged ({error}): remove it, and run again.") from error
    if found.shape != shape:
        raise UserError(
            f"{path} holds logits {list(found.shape)} and these texts need {list(shape)}: they "
            "belong to other texts or another model; remove the file, and run again."
        )
    return found


def _begun(part: Path, note: Path, facts: dict) -> tuple[int, np.memmap]:
    """How many texts an interrupted pass of the same texts got through, and its logits."""
    try:
        found = json.loads(note.read_text())
        shape = np.load(part, mmap_mode="r").shape  # refuses what is cut off; "r+" adds zeros
        if shape == facts["shape"] and found == json.loads(json.dumps({**found, **facts})):
            return found["done"], np.lib.format.open_memmap(part, "r+")
    except (OSError, ValueError):
        pass  # nothing there, or cut off: begin anew
    # A note that outlived its logits would pass zeros off as logits of texts done.
    note.unlink(missing_ok=True)
    out = np.lib.format.open_memmap(part, "w+", dtype="float32", shape=facts["shape"])
    _reserve(part)
    return 0, out


def _reserve(part: Path) -> None:
    """Take the room now: a memory map that finds the disk full later ends the process."""
    with part.open("r+b") as file:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file.fileno(), 0, part.stat().st_size)


def _write(note: Path, facts: dict) -> None:
    part = note.with_suffix(".tmp")
    part.write_text(json.dumps(facts))
    os.replace(part, note)


def _checked(logits: np.ndarray, rows: np.ndarray, classes: int) -> np.ndarray:
    logits = np.asarray(logits, "float32")
    if logits.shape != (len(rows), classes):
        raise UserError(
            f"the model returned logits {list(logits.shape)} for {len(rows)} texts: expected "
            f"{[len(rows), classes]}."
        )
    bad = (np.isnan(logits) | (logits == np.inf)).any(axis=1)
    if bad.any():
        raise UserError(
            f"the model returned NaN or +inf for text {int(rows[bad][0]) + 1} (and "
            f"{int(bad.sum()) - 1} more of its batch): nothing was trained on it; look at the "
            "model's weights and at that text."
        )
    return logits
