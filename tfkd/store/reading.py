"""`Store`: stored outputs by example."""

from __future__ import annotations

import bisect
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import UserError
from . import fingerprint as marks
from . import manifest as manifests
from . import top_k
from .example_stream import ExampleStream
from .index import RowsByKey
from .keys import Example, keys_of, name_inputs
from .ragged_tensors import NearTensor, pad_tensors
from .row_lengths import Lengths, batch_lengths
from .shards import Shard

Stored = dict[str, Any]
NEAR = 64 << 20  # bytes of a small tensor that are kept in memory
OPEN = 128  # shards whose files are held open; a process may open about 1,000


class Store:
    """The outputs of a teacher in a folder, found by what the teacher saw.

    Raises:
        UserError: no store, a damaged or foreign manifest; where `teacher` is given, a store of
            another teacher, tokenizer or preprocessing.

    ```python
    store = tfkd.store.Store("targets")
    store.rows, store.reads
    store.targets(batch_of_inputs)["logits"]
    ```
    """

    def __init__(self, path: str | Path, *, teacher: Any = None) -> None:
        self.path = Path(path)
        self.manifest = manifests.load(self.path / manifests.NAME)
        if teacher is not None:
            marks.check_fingerprint(
                self.manifest.fingerprint, marks.fingerprint(teacher), self.path
            )
        self.shards = [Shard(self.path, facts, self.manifest) for facts in self.manifest.shards]
        starts = np.cumsum([0, *(facts.rows for facts in self.manifest.shards)])
        self._starts = starts.tolist()
        self._near: dict[str, np.ndarray] = {}
        self._near_ragged: dict[str, NearTensor | None] = {}
        # Numbers of open shards, those used last at the end.
        self._used: dict[int, None] = {}

    def __len__(self) -> int:
        return self.rows

    @property
    def rows(self) -> int:
        """How many examples it holds."""
        return self.manifest.rows

    @property
    def reads(self) -> tuple[str, ...]:
        """The outputs that a loss may read."""
        return self.manifest.reads

    @property
    def shapes(self) -> dict[str, tuple[int | None, ...]]:
        """The shape of each output for one example, `None` for its tokens or words.

        Outputs that the teacher gave as a tuple are named `name.0`, `name.1`.
        """
        shapes: dict[str, tuple[int | None, ...]] = {}
        for name, output in self.manifest.outputs.items():
            shape = tuple(None if isinstance(axis, str) else axis for axis in output.shape)
            if name == top_k.VALUES:
                shapes["logits"] = (*shape[:-1], self.manifest.classes)
            elif name not in (top_k.INDICES, top_k.REST):
                shapes[name] = shape
        return shapes

    @cached_property
    def index(self) -> RowsByKey:
        """The rows by key; the first look reads every shard's keys, and compares its checksum."""
        index = RowsByKey()
        for number in range(len(self.shards)):
            index.add(self._shard(number).keys)
        return index

    def find(self, dataset: Any) -> np.ndarray:
        """Return the row of every example of a dataset, in its order; -1 where there is none."""
        rows = [self.find_examples(chunk) for chunk in ExampleStream(dataset).chunks()]
        return np.concatenate(rows) if rows else np.zeros(0, "int64")

    def find_examples(self, examples: list[Example]) -> np.ndarray:
        """Return the row of each example; -1 where there is none."""
        return self.index.find(keys_of(examples, self.manifest.fingerprint.get("padding", 0)))

    def rows_of(self, dataset: Any) -> np.ndarray:
        """Return the row of every example of a dataset, in its order.

        Raises:
            UserError: examples that the store lacks, with their number.
        """
        rows = self.find(dataset)
        refuse_missing(int((rows < 0).sum()), len(rows), self.path)
        return rows

    def take(self, rows: np.ndarray, length: int = 0, words: int = 0, target: int = 0) -> Stored:
        """Read the outputs of some rows: `{name: [rows, ...]}`, tuples where the teacher gave such.

        Args:
            rows: Their numbers.
            length: Tokens are padded with 0 to so many, or to the longest of these rows.
            words: So are words; where they are the classes, with a logit that none of them has.
            target: So are the tokens of a text that is written.
        """
        least = Lengths(length, words, target)
        tensors = {name: self._tensor(name, rows, least) for name in self.manifest.outputs}
        return _joined(tensors, self.manifest.classes)

    def each(self, rows: np.ndarray) -> list[Stored]:
        """Read the outputs of some rows by name, each row in its own length."""
        outputs = self.manifest.outputs
        dense = {
            name: self._tensor(name, rows, Lengths()) for name, o in outputs.items() if not o.ragged
        }
        return [
            _joined(
                {
                    name: dense[name][i] if name in dense else self._one(name, int(row))
                    for name in outputs
                },
                self.manifest.classes,
            )
            for i, row in enumerate(rows)
        ]

    def logits(self, rows: np.ndarray) -> np.ndarray:
        """Read the logits of some rows: `[rows, ...]`, float32."""
        names = [
            name for name in self.manifest.outputs if manifests.split_name(name)[0] == "logits"
        ]
        tensors = {name: self._tensor(name, rows, Lengths()) for name in names}
        return _joined(tensors, self.manifest.classes)["logits"].astype("float32")

    def targets(self, inputs: Any) -> Stored:
        """Read the outputs for one batch of inputs, for `{"student": ..., "targets": ...}`.

        Raises:
            UserError: examples that the store lacks.
        """
        return self.take(self.rows_of([(inputs,)]), *batch_lengths(name_inputs(inputs)))

    def _shard(self, number: int) -> Shard:
        self._used.pop(number, None)
        self._used[number] = None
        if len(self._used) > OPEN:
            oldest = next(iter(self._used))
            self._used.pop(oldest, None)
            self.shards[oldest].close()
        return self.shards[number]

    def _tensor(self, name: str, rows: np.ndarray, least: Lengths) -> np.ndarray:
        output = self.manifest.outputs[name]
        if output.ragged:
            held = self._hold_ragged(name)
            if held is not None:
                return held.take(rows, least.of(str(output.shape[0])))
            return pad_tensors([self._one(name, int(row)) for row in rows], output, least)
        near = self._in_memory(name)
        return near[rows] if near is not None else self._dense(name, rows)

    def _in_memory(self, name: str) -> np.ndarray | None:
        """Return a tensor of all rows if it is small, and keep it in memory."""
        output = self.manifest.outputs[name]
        size = int(np.prod(output.shape_for(0))) * np.dtype(output.dtype).itemsize * self.rows
        if size > NEAR:
            return None
        if name not in self._near:
            self._near[name] = np.concatenate(
                [np.array(self._shard(i).dense(name, np.s_[:])) for i in range(len(self.shards))]
                or [np.zeros((0, *output.shape_for(0)), output.dtype)]
            )
        return self._near[name]

    def _hold_ragged(self, name: str) -> NearTensor | None:
        """Return a tensor of all rows along tokens or words if it is small, and keep it."""
        if name not in self._near_ragged:
            self._near_ragged[name] = self._read_ragged(name)
        return self._near_ragged[name]

    def _read_ragged(self, name: str) -> NearTensor | None:
        output = self.manifest.outputs[name]
        first, *others = output.shape
        if not isinstance(first, str) or any(isinstance(axis, str) for axis in others):
            return None
        ends = [self._shard(i).ends(name) for i in range(len(self.shards))]
        size = sum(int(each[-1]) for each in ends) * np.dtype(output.dtype).itemsize
        if not 0 < size <= NEAR:
            return None
        shape = output.shape_for(-1, -1, -1)
        shards = [np.array(self._shard(i).dense(name, np.s_[:])) for i in range(len(self.shards))]
        lengths = np.concatenate([np.diff(each) for each in ends]) // int(np.prod(shape[1:]))
        starts = np.cumsum(lengths) - lengths
        return NearTensor(np.concatenate(shards).reshape(shape), starts, lengths)

    def _dense(self, name: str, rows: np.ndarray) -> np.ndarray:
        output = self.manifest.outputs[name]
        out = np.zeros((len(rows), *output.shape_for(0)), output.dtype)
        for shard, places in self._by_shard(rows):
            out[places] = self._shard(shard).dense(name, rows[places] - self._starts[shard])
        return out

    def _one(self, name: str, row: int) -> np.ndarray:
        shard = bisect.bisect_right(self._starts, row) - 1
        # A copy: what is mapped holds its file open.
        return np.array(self._shard(shard).one(name, row - self._starts[shard]))

    def _by_shard(self, rows: np.ndarray) -> Iterable[tuple[int, np.ndarray]]:
        shards = np.searchsorted(self._starts, rows, side="right") - 1
        for shard in np.unique(shards):
            yield int(shard), np.flatnonzero(shards == shard)


def refuse_missing(missing: int, count: int, path: str | Path) -> None:
    """Raise `UserError` where examples are missing.

    Args:
        missing: How many examples the store lacks.
        count: How many were looked for.
        path: The store, for the sentence.
    """
    if missing:
        raise UserError(
            f"{path} lacks {missing:,} of {count:,} examples: write them with the same teacher "
            '(tfkd.store.write goes on where it ended), or let missing="compute" run the teacher. '
            "Texts that are augmented must be so before the store is written."
        )


def _joined(tensors: dict[str, np.ndarray], classes: int | None) -> Stored:
    """Return the outputs as the teacher gave them: logits from top-k, tuples from their parts."""
    outputs: Stored = {}
    if top_k.VALUES in tensors:
        values, places = tensors.pop(top_k.VALUES), tensors.pop(top_k.INDICES)
        outputs["logits"] = top_k.expand(values, places, tensors.pop(top_k.REST), classes or 0)
    for name, tensor in tensors.items():
        plain, part = manifests.split_name(name)
        outputs[plain] = (*outputs.get(plain, ()), tensor) if part else tensor
    return outputs
