"""Texts as token ids on disk: memory does not grow with their number."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from ..files import replace_when_whole
from ..text import TextEncoder
from ..text.batching import chunks
from .examples import IGNORE, Example

CHUNK = 2_000  # texts tokenised at once
_MANIFEST = "manifest.json"


class Encoded:
    """The token ids, lengths and labels of many texts, read from a folder that `encode` wrote.

    `labels` is `[texts]`, int32, -100 where there is none; `lengths` counts tokens. Slicing with
    an array of positions, `encoded[rows]`, gives ids `[rows, longest]`, int32, padded with 0.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        self.facts = json.loads((folder / _MANIFEST).read_text())
        self._ids = _map(folder / "ids.bin", self.facts["dtype"])
        self._ends = _map(folder / "ends.bin", "int64")
        self.labels = np.array(_map(folder / "labels.bin", "int32"))
        self.lengths = np.diff(self._ends, prepend=0).astype("int32")

    def __len__(self) -> int:
        return len(self._ends)

    def with_labels(self, count: int, seed: int) -> Encoded:
        """The same texts, of which only `count` keep their label, drawn by `seed`; 0 is all."""
        known = np.flatnonzero(self.labels >= 0)
        if not 0 < count < len(known):
            return self
        other = Encoded(self.folder)
        other.labels[np.random.default_rng(seed).permutation(known)[count:]] = IGNORE
        return other

    def __getitem__(self, rows: np.ndarray) -> np.ndarray:
        out = np.zeros((len(rows), int(self.lengths[rows].max(initial=1))), "int32")
        for i, row in enumerate(rows):
            ids = self.row(row)
            out[i, : len(ids)] = ids
        return out

    def row(self, row: int) -> np.ndarray:
        """The ids of one text, without padding."""
        end = int(self._ends[row])
        return self._ids[end - int(self.lengths[row]) : end]


def encode(
    examples: Iterable[Example],
    encoder: TextEncoder,
    folder: Path,
    advance: Callable[[int], None] = lambda done: None,
) -> Encoded:
    """Tokenise `examples` into `folder`, which gets its name when it is whole.

    A whole folder that is there already is opened as it is. `advance` is told of texts done.
    """
    if (folder / _MANIFEST).is_file():
        return Encoded(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    dtype = "uint16" if encoder.vocab_size < 2**16 else "int32"
    with replace_when_whole(folder) as part:
        part.mkdir()
        rows = _write(examples, encoder, part, dtype, advance)
        (part / _MANIFEST).write_text(json.dumps({"texts": rows, "dtype": dtype}))
    return Encoded(folder)


def _write(examples, encoder: TextEncoder, folder: Path, dtype: str, advance) -> int:
    rows = end = 0
    names = ("ids.bin", "ends.bin", "labels.bin")
    with ExitStack() as stack:
        ids, ends, labels = (stack.enter_context(open(folder / n, "wb")) for n in names)
        for chunk in chunks(examples, CHUNK):
            found = encoder.encode_many([each.text for each in chunk])
            stops = end + np.cumsum([len(each) for each in found])
            ids.write(np.fromiter(itertools.chain(*found), dtype).tobytes())
            ends.write(stops.astype("int64").tobytes())
            labels.write(np.array([each.label for each in chunk], "int32").tobytes())
            rows, end = rows + len(chunk), int(stops[-1])
            advance(len(chunk))
    return rows


def _map(path: Path, dtype: str) -> np.ndarray:
    # An empty file cannot be mapped.
    return np.memmap(path, dtype, "r") if path.stat().st_size else np.zeros(0, dtype)
