"""A teacher's stored outputs: for its own rows, and for those of its student."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ..data.encoded import Encoded
from ..data.same_rows import find_same_rows
from ..errors import UserError
from ..store import Store
from ..tasks import Arrays, Task
from ..text.words import NO_CELL, count_units

KEPT = 64 << 20
"""Bytes of outputs, joined from windows, that are kept in memory."""
Order = Sequence[int] | Mapping[str, Sequence[int]] | None
"""A teacher's class ids in the order of the data's: of its logits, or by the name of the output."""


class StoredOutputs:
    """The outputs of a teacher for its own rows, in their order, from a store.

    Args:
        stored: The store, which holds the outputs in the teacher's own order of classes.
        encoded: The rows, as the teacher reads them.
        rows: Where the outputs of each row are in the store.
        order: The teacher's class ids in the order of the data's; None where that is the same.
    """

    def __init__(
        self, stored: Store, encoded: Encoded, rows: np.ndarray, order: Order = None
    ) -> None:
        self.encoded = encoded
        self._store, self._rows = stored, rows
        self._order = order if isinstance(order, Mapping) else {"logits": order}
        self.shapes = stored.shapes

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, rows: np.ndarray | slice) -> dict[str, np.ndarray]:
        """Return the outputs of rows by name, `[rows, ...]`, float32, padded to the longest."""
        # A batch has a token and a word at least, as its inputs have.
        stored = self._store.take(self._rows[rows], 1, 1, 1)
        return {name: self._ordered(name, stored[name]) for name in self.shapes}

    def each(self, rows: np.ndarray) -> list[Arrays]:
        """Return the outputs of each of some rows by name, without padding."""
        return [
            {name: self._ordered(name, stored[name]) for name in self.shapes}
            for stored in self._store.each(self._rows[rows])
        ]

    def rows_and_outputs(
        self, examples: np.ndarray | None = None
    ) -> tuple[list[list[Arrays]], list[Arrays]]:
        """Return the teacher's rows of each of some examples, and its outputs for these rows.

        Args:
            examples: Their positions; all by default.
        """
        if examples is None:
            examples = np.arange(self.encoded.examples)
        places = [self.encoded.rows_of(int(example)) for example in examples]
        rows = [[self.encoded.arrays(row) for row in each] for each in places]
        return rows, self.each(np.array([row for each in places for row in each], int))

    def _ordered(self, name: str, array: np.ndarray) -> np.ndarray:
        array = array.astype("float32")
        order = self._order.get(name)
        # Cells of a text are classes without names, in the order of the text.
        if order is None or self.shapes[name][-1] is None:
            return array
        return array[..., list(order)]


class Targets:
    """What a teacher's stored outputs say of the rows that its student reads, in their order.

    Rows of the same words are looked up. Where both read an example in other windows, its outputs
    are put together, and cut to the student's rows, as the task says.

    Args:
        outputs: The teacher's outputs for its own rows.
        encoded: The same examples, as the student reads them.
        task: Their task.

    Raises:
        UserError: Examples in other rows than the teacher's, which the task cannot put together.
    """

    def __init__(self, outputs: StoredOutputs, encoded: Encoded, task: Task) -> None:
        self.shapes = outputs.shapes
        self._outputs, self._encoded, self._task = outputs, encoded, task
        first, theirs = encoded.first_rows(), outputs.encoded.first_rows()
        counts = np.diff(first, append=len(encoded))
        same = find_same_rows(encoded, outputs.encoded)
        self._is_same = np.repeat(same, counts)
        self._example = np.repeat(np.arange(len(first), dtype="int32"), counts)
        # Only right where the rows are the same.
        self._matching = np.arange(len(encoded)) + np.repeat(theirs - first, counts)
        self._kept: dict[int, list[Arrays]] = {}
        self._bytes = 0
        check_outputs_for_rows(encoded, outputs.encoded, task, self.shapes)

    def __len__(self) -> int:
        return len(self._encoded)

    def __getitem__(self, rows: np.ndarray | slice) -> dict[str, np.ndarray]:
        """Return the targets of rows by name, `[rows, ...]`, float32, padded to the longest."""
        positions = np.arange(len(self))[rows]
        if self._is_same[positions].all():
            return self._outputs[self._matching[positions]]
        each = self.each(positions)
        shapes = self.shapes.items()
        return {name: _pad([row[name] for row in each], shape) for name, shape in shapes}

    def each(self, rows: np.ndarray) -> list[Arrays]:
        """Return the targets of each of some rows by name, without padding."""
        found: list[Arrays] = [{}] * len(rows)
        plain = np.flatnonzero(self._is_same[rows])
        for place, outputs in zip(
            plain, self._outputs.each(self._matching[rows[plain]]), strict=True
        ):
            found[place] = outputs
        for place in np.flatnonzero(~self._is_same[rows]):
            example = int(self._example[rows[place]])
            first = self._encoded.rows_of(example).start
            found[place] = self._of_example(example)[int(rows[place]) - first]
        return found

    def _of_example(self, example: int) -> list[Arrays]:
        """Return the targets of all rows of an example, put together from the teacher's."""
        if example in self._kept:
            return self._kept[example]
        (theirs,), outputs = self._outputs.rows_and_outputs(np.array([example]))
        ours = [self._encoded.arrays(row) for row in self._encoded.rows_of(example)]
        made = self._task.outputs_for_rows(ours, theirs, outputs)
        size = sum(array.nbytes for row in made for array in row.values())
        if self._bytes + size <= KEPT:
            self._bytes += size
            self._kept[example] = made
        return made


def check_outputs_for_rows(
    student: Encoded, teacher: Encoded, task: Task, shapes: Mapping[str, tuple[int | None, ...]]
) -> None:
    """Try the first example that teacher and student read in other rows.

    Args:
        student: The examples as the student reads them.
        teacher: The same as the teacher does.
        task: Their task.
        shapes: The shape of each output of the teacher for one row, `None` for its words.

    Raises:
        UserError: The task cannot say what the teacher's outputs are for the student's rows.
    """
    others = np.flatnonzero(~find_same_rows(student, teacher))
    if not len(others):
        return
    ours, theirs = (
        [encoded.arrays(row) for row in encoded.rows_of(int(others[0]))]
        for encoded in (student, teacher)
    )
    sizes, wanted = ([_shapes(shapes, row) for row in rows] for rows in (theirs, ours))
    outputs = [{name: np.zeros(size) for name, size in each.items()} for each in sizes]
    made = task.outputs_for_rows(ours, theirs, outputs)
    if [{name: row[name].shape for name in shapes} for row in made] != wanted:
        raise UserError(
            f"the task {task.name or type(task).__name__} gave outputs of other shapes than its "
            "student's rows have: `outputs_for_rows` gives one for each row, and each word of it."
        )


def _shapes(
    shapes: Mapping[str, tuple[int | None, ...]], row: Arrays
) -> dict[str, tuple[int, ...]]:
    return {
        name: tuple(count_units(row) if size is None else size for size in shape)
        for name, shape in shapes.items()
    }


def _pad(arrays: list[np.ndarray], shape: tuple[int | None, ...]) -> np.ndarray:
    """Return arrays of unlike lengths as one batch, padded as a store pads them."""
    sizes = [
        max([1, *(array.shape[i] for array in arrays)]) if size is None else size
        for i, size in enumerate(shape)
    ]
    fill = NO_CELL if shape[-1:] == (None,) else 0.0
    out = np.full((len(arrays), *sizes), fill, "float32")
    for place, array in zip(out, arrays, strict=True):
        place[tuple(map(slice, array.shape))] = array
    return out
