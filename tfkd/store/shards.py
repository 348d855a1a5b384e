"""One shard: a `.safetensors` file of rows, written aside, read through a memory map."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import UserError
from ..files import replace_when_whole
from .keys import SIZE, as_keys
from .manifest import AXES, Manifest, Output, ShardFacts

KEYS = "keys"
COUNTS = dict(zip(AXES, ("lengths", "words", "target_lengths"), strict=True))
"""Tensors of how many tokens and words each example has, and how many tokens are written."""
_DTYPES = {
    "F16": "<f2",
    "F32": "<f4",
    "F64": "<f8",
    "U8": "u1",
    "U16": "<u2",
    "I32": "<i4",
    "I64": "<i8",
}
_BLOCK = 1 << 20


def write_shard(
    path: Path,
    keys: np.ndarray,
    rows: list[dict[str, np.ndarray]],
    outputs: dict[str, Output],
    lengths: Sequence[Sequence[int]],
) -> ShardFacts:
    """Write one shard; the file has its name when it is whole.

    A ragged tensor is stored flat, one example after the other, with the examples' lengths.

    Args:
        path: The file.
        keys: Of the examples, `[rows]`.
        rows: The tensors of each example, by name.
        outputs: What is stored, by name.
        lengths: Those of each example, in the order of `AXES`.
    """
    from safetensors.numpy import save

    tensors = {KEYS: np.frombuffer(keys.tobytes(), "u1").reshape(len(keys), SIZE)}
    by_axis = zip(COUNTS.items(), np.array(lengths, "<i4").reshape(-1, len(AXES)).T, strict=True)
    for (axis, count), numbers in by_axis:
        if any(axis in output.shape for output in outputs.values()):
            tensors[count] = np.ascontiguousarray(numbers)
    for name, output in outputs.items():
        arrays = [np.asarray(row[name], output.dtype) for row in rows]
        tensors[name] = (
            np.concatenate([array.ravel() for array in arrays])
            if output.ragged
            else np.stack(arrays)
        )
    data = save(tensors, metadata={"format": "tfkd-store"})
    with replace_when_whole(path) as part:
        part.write_bytes(data)
    return ShardFacts(path.name, len(rows), len(data), hashlib.sha256(data).hexdigest())


class Shard:
    """A shard's tensors, mapped from its file; the first look compares its checksum."""

    def __init__(self, folder: Path, facts: ShardFacts, manifest: Manifest) -> None:
        self.facts, self._manifest = facts, manifest
        self.path = folder / facts.file
        self._tensors: dict[str, np.ndarray] | None = None
        self._whole = False
        self._ends: dict[str, np.ndarray] = {}

    def check(self) -> None:
        """Compare size and checksum with the manifest's.

        Raises:
            UserError: the file is missing, cut off, or other bytes than were written.
        """
        size = self.path.stat().st_size if self.path.is_file() else None
        if size != self.facts.bytes:
            found = "is missing" if size is None else f"has {size:,} bytes"
            raise self._broken(f"{found}, and the manifest says {self.facts.bytes:,} bytes")
        if _digest(self.path) != self.facts.sha256:
            raise self._broken("has another checksum than the manifest says")

    def check_all(self) -> None:
        """Compare the file with its checksum, and its contents with the manifest.

        Raises:
            UserError: The file is missing, damaged, or holds something else.
        """
        self._open()

    @property
    def keys(self) -> np.ndarray:
        """The keys of its rows: `[rows]`, dtype `S16`."""
        return as_keys(self._open()[KEYS])

    @property
    def lengths(self) -> np.ndarray:
        """The lengths of each row, `[rows, axes]`, as in `AXES`; 0 of what no output counts."""
        return _lengths(self._open(), self.facts.rows)

    def dense(self, name: str, rows: Any) -> np.ndarray:
        """Return a tensor of some rows, where all have one size: `[rows, ...]`."""
        return self._open()[name][rows]

    def one(self, name: str, row: int) -> np.ndarray:
        """Return a ragged tensor of one row, in its own size."""
        output, tensors = self._manifest.outputs[name], self._open()
        start, stop = self.ends(name)[row : row + 2]
        lengths = (int(tensors[each][row]) if each in tensors else 0 for each in COUNTS.values())
        return tensors[name][start:stop].reshape(output.shape_for(*lengths))

    def ends(self, name: str) -> np.ndarray:
        """Return where each row of a ragged tensor begins, and where the last one ends."""
        if name not in self._ends:
            sizes = _sizes(self._manifest.outputs[name], self.lengths)
            self._ends[name] = np.concatenate([[0], np.cumsum(sizes)])
        return self._ends[name]

    def close(self) -> None:
        """Let go of the file; the next look maps it again."""
        self._tensors = None

    def _open(self) -> dict[str, np.ndarray]:
        tensors = self._tensors
        if tensors is None:
            tensors = map_tensors(self.path) if self._whole else self._checked()
            self._tensors, self._whole = tensors, True
        return tensors

    def _checked(self) -> dict[str, np.ndarray]:
        self.check()
        try:
            tensors = map_tensors(self.path)
            self._check_contents(tensors)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            if isinstance(error, UserError):
                raise
            raise self._broken(f"is no .safetensors file ({error})") from error
        return tensors

    def _check_contents(self, tensors: dict[str, np.ndarray]) -> None:
        rows, outputs = self.facts.rows, self._manifest.outputs
        self._expect(tensors, KEYS, (rows, SIZE))
        for axis, count in COUNTS.items():
            if self._manifest.counts(axis):
                self._expect(tensors, count, (rows,))
        lengths = _lengths(tensors, rows)
        for name, output in outputs.items():
            if output.ragged:
                self._expect(tensors, name, (int(_sizes(output, lengths).sum()),))
            else:
                self._expect(tensors, name, (rows, *output.shape_for(0)))

    def _expect(self, tensors: dict[str, np.ndarray], name: str, shape: tuple[int, ...]) -> None:
        if name not in tensors:
            raise self._broken(f"lacks {name}")
        if tensors[name].shape != shape:
            found = list(tensors[name].shape)
            raise self._broken(f"has {name} {found} and {list(shape)} is expected")

    def _broken(self, what: str) -> UserError:
        return UserError(
            f"{self.path} {what}: `tfkd cache --repair {self.path.parent}` computes it again."
        )


def map_tensors(path: Path) -> dict[str, np.ndarray]:
    """Map the tensors of a `.safetensors` file into memory: only what is read is loaded."""
    data = np.memmap(path, "u1", "r")
    begin = 8 + int.from_bytes(data[:8].tobytes(), "little")
    if begin > len(data):
        raise ValueError("it is shorter than its header")
    tensors = {}
    for name, facts in json.loads(data[8:begin].tobytes()).items():
        if name != "__metadata__":
            start, stop = (begin + offset for offset in facts["data_offsets"])
            tensors[name] = data[start:stop].view(_DTYPES[facts["dtype"]]).reshape(facts["shape"])
    return tensors


def _lengths(tensors: dict[str, np.ndarray], rows: int) -> np.ndarray:
    none = np.zeros(rows, "int64")
    return np.stack([tensors.get(count, none).astype("int64") for count in COUNTS.values()], axis=1)


def _sizes(output: Output, lengths: np.ndarray) -> np.ndarray:
    """Return how many numbers each row of a ragged tensor has: `[rows]`."""
    by_axis = dict(zip(COUNTS, lengths.T, strict=True))
    sizes = np.ones(len(lengths), "int64")
    for axis in output.shape:
        sizes = sizes * (by_axis[axis] if isinstance(axis, str) else axis)
    return sizes


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
