"""Examples in a file, of which any can be read at once: memory does not grow with their size."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from ..files import replace_when_whole
from .examples import Example

_LINES, _ENDS = "examples.jsonl", "ends.npy"


class ExampleFile:
    """Examples that `keep` wrote, by their position.

    Args:
        folder: The folder that it wrote.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / _LINES
        self._ends = np.load(folder / _ENDS)

    def __len__(self) -> int:
        return len(self._ends)

    def __getitem__(self, positions: np.ndarray) -> list[Example]:
        """Return the examples at some positions, in their order."""
        found = []
        with self._path.open("rb") as file:
            for position in positions:
                start = int(self._ends[position - 1]) if position else 0
                file.seek(start)
                line = file.read(int(self._ends[position]) - start)
                found.append(Example(json.loads(line)))
        return found

    @classmethod
    def keep(cls, examples: Iterable[Example], folder: Path) -> ExampleFile:
        """Write examples into a folder, unless it is there, and open it.

        Args:
            examples: A stream of them.
            folder: The folder, which gets its name once it is whole.
        """
        if not folder.is_dir():
            folder.parent.mkdir(parents=True, exist_ok=True)
            with replace_when_whole(folder) as part:
                part.mkdir()
                np.save(part / _ENDS, _write(examples, part / _LINES))
        return cls(folder)


def _write(examples: Iterable[Example], path: Path) -> np.ndarray:
    """Write examples as lines of JSON; return where each line ends, in bytes."""
    ends = []
    with path.open("wb") as file:
        for example in examples:
            file.write(json.dumps(dict(example), default=_plain).encode() + b"\n")
            ends.append(file.tell())
    return np.array(ends, "int64")


def _plain(value: Any) -> Any:
    """Return a number or an array of NumPy as JSON has it."""
    return value.tolist()
