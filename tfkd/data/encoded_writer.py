"""Write examples as rows of named arrays to a folder that `Encoded` reads."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import UserError
from ..files import replace_when_whole
from ..text import Encoder
from ..text.batching import chunks
from ..text.cut_targets import tell_cut_targets
from .encoded import CHUNK, LABELS, MANIFEST, Encoded
from .encoded_column import BYTES
from .examples import Example, Schema
from .reader import IDS, Arrays, ExampleReader


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
    if (folder / MANIFEST).is_file():
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
        (self.folder / MANIFEST).write_text(json.dumps(facts))

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
