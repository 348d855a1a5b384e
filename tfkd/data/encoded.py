"""Examples as rows of named arrays on disk: memory does not grow with their number."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import UserError
from ..files import replace_when_whole
from ..text import Encoder
from ..text.batching import chunks, pad
from ..text.cut_targets import tell_cut_targets
from ..text.words import FILLS
from .examples import IGNORE, Example, Schema
from .reader import IDS, Arrays, ExampleReader

LABELS = "labels"
BYTES = "uint8"
# Examples that are encoded at once.
CHUNK = 2_000
_MANIFEST = "manifest.json"


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
        self.facts = json.loads((folder / _MANIFEST).read_text())
        self.inputs: tuple[str, ...] = tuple(self.facts["inputs"])
        dtypes = self.facts["columns"]
        shapes = self.facts.get("shapes", {})
        self._columns = {
            name: _Column(folder, name, dtype, shapes.get(name, ()))
            for name, dtype in dtypes.items()
        }
        starts = folder / "examples.bin"
        self._starts = _map(starts, "int64") if starts.is_file() else None
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


class _Column:
    """One column on disk: its numbers, and where each row ends if rows differ in length."""

    def __init__(self, folder: Path, name: str, dtype: str, shape: Sequence[int] = ()) -> None:
        self.values, self.shape = _map(folder / f"{name}.bin", dtype), tuple(shape)
        if self.shape:
            self.values = self.values.reshape(-1, *self.shape)
        ends = folder / f"{name}.ends.bin"
        self.ragged = ends.is_file()
        self.ends = _map(ends, "int64") if self.ragged else np.zeros(0, "int64")
        self.lengths = np.diff(self.ends, prepend=0).astype("int32")
        # Bytes are what an image is made of, which models read as numbers.
        self.dtype_in_batch = "float32" if dtype in ("float32", BYTES) else "int32"

    def one(self, row: int) -> Any:
        if not self.ragged:
            return self.values[row]
        end = int(self.ends[row])
        return self.values[end - int(self.lengths[row]) : end]

    def padded(self, rows: np.ndarray, value: int) -> np.ndarray:
        if not self.ragged:
            return np.asarray(self.values[rows], self.dtype_in_batch)
        width = int(self.lengths[rows].max(initial=1))
        return pad([self.one(int(row)) for row in rows], width, self.dtype_in_batch, value)


def encode(
    examples: Iterable[Example],
    task: ExampleReader,
    encoder: Encoder,
    folder: Path,
    *,
    schema: Schema | None = None,
    advance: Callable[[int], None] = lambda done: None,
) -> Encoded:
    """Write the rows of `examples` to `folder`, which gets its name once it is whole.

    A whole folder that is there already is opened as it is.

    Args:
        examples: A stream of them.
        task: What turns examples into rows.
        encoder: The tokenizer of the model that will read them.
        folder: Where to write.
        schema: What the training split fixed.
        advance: Called with the number of examples done since its last call.
    """
    if (folder / _MANIFEST).is_file():
        return Encoded(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with replace_when_whole(folder) as part:
        part.mkdir()
        with ExitStack() as stack, tell_cut_targets(encoder, folder.name.partition("-")[0]):
            ids_dtype = "uint16" if encoder.vocab_size < 2**16 else "int32"
            writer = _Writer(part, stack, ids_dtype, task.fixed)
            for chunk in chunks(examples, CHUNK):
                writer.add(task.encode(chunk, encoder, schema or Schema()))
                advance(len(chunk))
        writer.finish(task.inputs, getattr(encoder, "pad_id", 0), together=task.keeps_rows_together)
    return Encoded(folder)


class _Writer:
    """Appends rows to one file a column."""

    def __init__(
        self, folder: Path, stack: ExitStack, ids_dtype: str, fixed: tuple[str, ...] = ()
    ) -> None:
        self._fixed, self.shapes = fixed, dict[str, list[int]]()
        self.folder, self._stack, self._ids_dtype = folder, stack, ids_dtype
        self.rows = self.examples = 0
        self.dtypes: dict[str, str] = {}
        self._files: dict[str, Any] = {}
        self._ends: dict[str, int] = {}

    def add(self, examples: list[list[Arrays]]) -> None:
        """Append the rows of some examples.

        Raises:
            UserError: An example without a row, or rows whose names differ.
        """
        rows = [row for example in examples for row in example]
        if not all(examples):
            raise UserError("a task gave no row for an example: `encode` gives each at least one.")
        names = self.dtypes.keys() or rows[0].keys()
        for row in rows:
            if row.keys() != names:
                raise UserError(
                    f"a task gave a row of {', '.join(row)} after rows of {', '.join(names)}: "
                    "`encode` gives all rows the same names."
                )
        starts = self.rows + np.cumsum([0, *[len(example) for example in examples[:-1]]])
        self._append("examples", starts.astype("int64"))
        for name, value in rows[0].items():
            values = [row[name] for row in rows]
            if name in self._fixed:
                self._check_shape(name, {np.shape(each) for each in values})
            ragged = np.ndim(value) > 0 and name not in self._fixed
            self._add_column(name, values, ragged=ragged)
        self.rows, self.examples = self.rows + len(rows), self.examples + len(examples)

    def finish(self, inputs: tuple[str, ...], pad_id: int, *, together: bool = False) -> None:
        """Write the manifest; and columns without a row, if there was no example at all."""
        if not self.examples:
            self.dtypes = {**dict.fromkeys(inputs, self._ids_dtype), LABELS: "int32"}
            for name in (*self.dtypes, *(f"{name}.ends" for name in inputs)):
                (self.folder / f"{name}.bin").touch()
        if self.rows == self.examples:
            (self.folder / "examples.bin").unlink(missing_ok=True)
        counts = {"rows": self.rows, "examples": self.examples}
        facts = {
            **counts,
            "columns": self.dtypes,
            "inputs": list(inputs),
            "shapes": self.shapes,
            "pad_id": pad_id,
            "together": together,
        }
        (self.folder / _MANIFEST).write_text(json.dumps(facts))

    def _check_shape(self, name: str, shapes: set[tuple[int, ...]]) -> None:
        """Refuse rows of a fixed column with different numbers of numbers.

        Raises:
            UserError: There are some.
        """
        shapes = shapes | {tuple(self.shapes.setdefault(name, list(min(shapes))))}
        if len(shapes) > 1:
            sizes = (" x ".join(map(str, shape)) for shape in sorted(shapes))
            raise UserError(
                f"a task gave {name!r} of {', '.join(sizes)} numbers: `encode` gives as many in "
                "all rows."
            )

    def _add_column(self, name: str, values: list[Any], *, ragged: bool) -> None:
        if ragged:
            ends = self._ends.get(name, 0) + np.cumsum([len(value) for value in values])
            self._ends[name] = int(ends[-1])
            self._append(f"{name}.ends", ends.astype("int64"))
        flat = itertools.chain(*values) if ragged or name in self._fixed else values
        if name == IDS:
            # Many numbers, of which a tokenizer gives whole ones only; too large a one raises.
            self.dtypes[name] = self._ids_dtype
            self._append(name, np.fromiter(flat, self._ids_dtype))
            return
        is_array = isinstance(values[0], np.ndarray)
        numbers = np.concatenate(list(map(np.ravel, values))) if is_array else np.array(list(flat))
        is_fraction = bool(numbers.size) and numbers.dtype.kind == "f"
        plain = BYTES if numbers.dtype == BYTES else "int32"
        dtype = self.dtypes.setdefault(name, "float32" if is_fraction else plain)
        stored = numbers.astype(dtype)
        if dtype != "float32" and not np.array_equal(stored, numbers):
            raise UserError(
                f"a task gave {name!r} as whole numbers first, and then fractions or numbers "
                "beyond 32 bits: `encode` gives floats in all rows, or 32-bit integers in all."
            )
        self._append(name, stored)

    def _append(self, name: str, values: np.ndarray) -> None:
        if name not in self._files:
            file = (self.folder / f"{name}.bin").open("wb")
            self._files[name] = self._stack.enter_context(file)
        self._files[name].write(values.tobytes())


def _map(path: Path, dtype: str) -> np.ndarray:
    # An empty file cannot be mapped.
    if not path.stat().st_size:
        return np.zeros(0, dtype)
    # As a plain array: each row that is cut out of a `memmap` is one too, at three times the cost.
    return np.asarray(np.memmap(path, dtype, "r"))
