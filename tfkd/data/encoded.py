"""Examples as rows of named arrays on disk: memory does not grow with their number."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from ..text.words import FILLS
from .encoded_column import StoredColumn, map_numbers
from .examples import IGNORE
from .reader import IDS, Arrays

LABELS = "labels"
CHUNK = 2_000
"""Examples that are encoded, or looked at, at once."""
MANIFEST = "manifest.json"
"""The file that says what the others are, which is written last."""


class Encoded:
    """Rows of named arrays, read from a folder that `encode` wrote.

    A column holds one number a row, an array of one shape, or as many numbers as the row has
    tokens, or words. One example may be several rows, which follow each other. Slicing with an
    array of positions, `encoded[rows]`, gives the inputs of these rows, padded: `[rows, longest]`
    where there is one input, else a dict.

    Args:
        folder: The folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.facts = json.loads((folder / MANIFEST).read_text())
        self.inputs: tuple[str, ...] = tuple(self.facts["inputs"])
        dtypes = self.facts["columns"]
        shapes = self.facts.get("shapes", {})
        self._columns = {
            name: StoredColumn(folder, name, dtype, shapes.get(name, ()))
            for name, dtype in dtypes.items()
        }
        starts = folder / "examples.bin"
        self._starts = map_numbers(starts, "int64") if starts.is_file() else None
        self._hidden = np.zeros(len(self), bool)
        first = next((self._columns[n] for n in self.inputs if self._columns[n].ragged), None)
        self.lengths = np.ones(len(self), "int32") if first is None else first.lengths

    def __len__(self) -> int:
        return self.facts["rows"]

    @property
    def examples(self) -> int:
        """Number of examples."""
        return self.facts["examples"]

    def rows_of(self, example: int) -> range:
        """Return the positions of the rows of an example."""
        if self._starts is None:
            return range(example, example + 1)
        end = len(self) if example + 1 == self.examples else int(self._starts[example + 1])
        return range(int(self._starts[example]), end)

    @property
    def together(self) -> bool:
        """Whether the rows of one example have to be in one batch, where there are several."""
        return self._starts is not None and self.facts.get("together", False)

    def examples_of(self, rows: np.ndarray) -> np.ndarray:
        """Return the positions of the examples that these rows are of, each once, in order."""
        if self._starts is None:
            return np.unique(rows)
        return np.unique(np.searchsorted(self._starts, rows, side="right") - 1)

    def first_rows(self) -> np.ndarray:
        """Return the position of the first row of each example, `[examples]`."""
        return np.arange(self.examples) if self._starts is None else np.array(self._starts)

    @property
    def labels(self) -> np.ndarray:
        """The labels of rows with one label each, `[rows]`, -100 where there is none."""
        return self.labels_of(np.arange(len(self)))

    @property
    def heads(self) -> tuple[str, ...]:
        """The names of the heads, where rows have labels for several."""
        prefix = f"{LABELS}."
        return tuple(n.removeprefix(prefix) for n in self._columns if n.startswith(prefix))

    def labels_by_head(self, rows: np.ndarray) -> dict[str, np.ndarray]:
        """Return the labels of rows for each head, as `labels_of` does."""
        return {head: self.labels_of(rows, f"{LABELS}.{head}") for head in self.heads}

    def labels_of(self, rows: np.ndarray, name: str = LABELS) -> np.ndarray:
        """Return the labels of rows, `[rows]` or `[rows, longest]`, -100 where there is none.

        Args:
            rows: Their positions.
            name: The column of the labels.
        """
        if name not in self._columns:
            return np.full(len(rows), IGNORE, "int32")
        labels = self._columns[name].padded(rows, IGNORE)
        hidden = self._hidden[rows]
        if hidden.any():
            labels = np.where(hidden.reshape(-1, *[1] * (labels.ndim - 1)), IGNORE, labels)
        return labels

    def has_labels(self) -> np.ndarray:
        """Return which rows have at least one label, `[rows]`, bool."""
        known = np.zeros(len(self), bool)
        for start in range(0, len(self), CHUNK):
            rows = np.arange(start, min(start + CHUNK, len(self)))
            by_head = self.labels_by_head(rows) or {LABELS: self.labels_of(rows)}
            for labels in by_head.values():
                there = (labels != IGNORE).reshape(len(labels), -1).any(1)
                known[start : start + len(labels)] |= there
        return known

    def with_labels(self, count: int, seed: int) -> Encoded:
        """Return the same rows, of which only `count` examples, drawn by `seed`, keep their labels.

        Args:
            count: How many; 0 stands for all.
            seed: Of the draw.
        """
        first = self.first_rows()
        known = np.flatnonzero(self.has_labels()[first])
        if not 0 < count < len(known):
            return self
        other = Encoded(self.folder)
        for example in np.random.default_rng(seed).permutation(known)[count:]:
            other._hidden[self.rows_of(int(example))] = True
        return other

    def with_inputs(self, *names: str) -> Encoded:
        """Return the same rows, of which a model reads these columns too, where there are any.

        Args:
            names: Of columns.
        """
        more = [name for name in names if name in self._columns and name not in self.inputs]
        other = Encoded(self.folder)
        other._hidden, other.inputs = self._hidden, (*self.inputs, *more)
        return other

    def __getitem__(self, rows: np.ndarray) -> Any:
        batch = self.batch(rows)
        return batch[self.inputs[0]] if len(batch) == 1 else batch

    def batch(self, rows: np.ndarray) -> dict[str, np.ndarray]:
        """Return the inputs of rows by name, each padded to the longest of these rows."""
        return {name: self._columns[name].padded(rows, self.fill_of(name)) for name in self.inputs}

    def fill_of(self, name: str) -> int:
        """Return what a column is padded with: ids as their tokenizer pads, places of words -1."""
        return self.facts.get("pad_id", 0) if name == IDS else FILLS.get(name, 0)

    def row(self, row: int) -> np.ndarray:
        """Return the first input of one row, without padding: its token ids."""
        return self._columns[self.inputs[0]].one(row)

    def arrays(self, row: int) -> Arrays:
        """Return all columns of one row, without padding."""
        return {name: column.one(row) for name, column in self._columns.items()}

    def rows_by_example(self) -> list[list[Arrays]]:
        """Return the rows of each example, all columns of each without padding."""
        return [[self.arrays(i) for i in self.rows_of(n)] for n in range(self.examples)]

    def is_ragged(self, name: str) -> bool:
        """Return whether a column has as many numbers as the row has tokens, or words."""
        return self._columns[name].ragged

    def numbers(self, name: str) -> np.ndarray:
        """Return a column of one number a row, `[rows]`; of others, how many each row has."""
        column = self._columns[name]
        return column.lengths if column.ragged else np.asarray(column.values)

    def shape_of(self, name: str) -> tuple[int | None, ...]:
        """Return the shape of a column in one row, `None` for the number of tokens, or words."""
        column = self._columns[name]
        return (None,) if column.ragged else column.shape

    def dtype_of(self, name: str) -> str:
        """Return the type of a column in a batch: `int32` or `float32`."""
        return self._columns[name].dtype_in_batch

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of all columns."""
        return tuple(self._columns)
