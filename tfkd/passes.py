"""One pass of a model over encoded texts: its logits, in the order of the texts, on disk."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from .encoded import Encoded
from .errors import UserError

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
        UserError: NaN or +inf, naming the text.
    """
    if path.is_file():
        return np.load(path, mmap_mode="r")
    part, note = path.with_suffix(".part"), path.with_suffix(".done.json")
    shape = (len(encoded), classes)
    done = _done(note, part, shape)
    mode = "r+" if done else "w+"
    out = np.lib.format.open_memmap(part, mode, dtype="float32", shape=None if done else shape)
    advance(done)
    for count, rows in enumerate(by_length(encoded.lengths, done)):
        out[rows] = _finite(model(encoded[rows]), rows)
        done += len(rows)
        advance(len(rows))
        if count % SAVE_EVERY == SAVE_EVERY - 1:
            out.flush()
            note.write_text(json.dumps({"done": done, "shape": shape}))
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


def _done(note: Path, part: Path, shape: tuple[int, int]) -> int:
    """How many texts an interrupted pass got through."""
    if not (note.is_file() and part.is_file()):
        return 0
    found = json.loads(note.read_text())
    return found["done"] if tuple(found["shape"]) == shape else 0


def _finite(logits: np.ndarray, rows: np.ndarray) -> np.ndarray:
    logits = np.asarray(logits, "float32")
    bad = (np.isnan(logits) | (logits == np.inf)).any(axis=1)
    if bad.any():
        raise UserError(
            f"the model returned NaN or +inf for text {int(rows[bad][0]) + 1} (and "
            f"{int(bad.sum()) - 1} more of its batch): nothing was trained on it; look at the "
            "model's weights and at that text."
        )
    return logits
