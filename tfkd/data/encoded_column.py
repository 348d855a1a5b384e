"""One column of encoded rows on disk, mapped into memory."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..text.batching import pad

BYTES = "uint8"
"""What an image is stored as."""


class StoredColumn:
    """One column on disk: its numbers, and where each row ends if rows differ in length.

    Args:
        folder: The folder of all columns.
        name: Its name.
        dtype: The type that its numbers are stored as.
        shape: The shape of one row; empty for one number, or for rows that differ in length.
    """

    def __init__(self, folder: Path, name: str, dtype: str, shape: Sequence[int] = ()) -> None:
        self.values, self.shape = map_numbers(folder / f"{name}.bin", dtype), tuple(shape)
        if self.shape:
            self.values = self.values.reshape(-1, *self.shape)
        ends = folder / f"{name}.ends.bin"
        self.ragged = ends.is_file()
        self.ends = map_numbers(ends, "int64") if self.ragged else np.zeros(0, "int64")
        self.lengths = np.diff(self.ends, prepend=0).astype("int32")
        # Bytes are what an image is made of, which models read as numbers.
        self.dtype_in_batch = "float32" if dtype in ("float32", BYTES) else "int32"

    def one(self, row: int) -> Any:
        """Return the numbers of one row, without padding."""
        if not self.ragged:
            return self.values[row]
        end = int(self.ends[row])
        return self.values[end - int(self.lengths[row]) : end]

    def padded(self, rows: np.ndarray, value: int) -> np.ndarray:
        """Return the numbers of rows, each padded with a value to the longest of them."""
        if not self.ragged:
            return np.asarray(self.values[rows], self.dtype_in_batch)
        width = int(self.lengths[rows].max(initial=1))
        return pad([self.one(int(row)) for row in rows], width, self.dtype_in_batch, value)


def map_numbers(path: Path, dtype: str) -> np.ndarray:
    """Return the numbers of a file, which is read where they are."""
    # An empty file cannot be mapped.
    if not path.stat().st_size:
        return np.zeros(0, dtype)
    # As a plain array: each row that is cut out of a `memmap` is one too, at three times the cost.
    return np.asarray(np.memmap(path, dtype, "r"))
