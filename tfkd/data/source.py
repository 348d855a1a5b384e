"""A split before its labels are ids, and the splits that a spec stands for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .columns import Record
from .faults import Faults


@dataclass(frozen=True)
class Source:
    """One split as checked records, streamed afresh at each call of `records`.

    Attributes:
        origin: What to call it: a path, mostly.
        records: Opens the stream.
        count: Its number of rows where that is known for certain.
        label_column: What its label column is called.
        skips: Whether `records` takes a `Faults` for its bad rows; others have none.
        names: Class names by id that the file itself gives.
    """

    origin: str
    records: Callable[..., Iterator[Record]]
    count: int | None = None
    label_column: str = "label"
    skips: bool = False
    names: tuple[str, ...] = ()

    def collect(self, faults: Faults) -> Iterator[Record]:
        """Yield the records of the good rows, and collect what is wrong with the others."""
        return self.records(faults=faults) if self.skips else self.records()


@dataclass(frozen=True)
class Base:
    """What a spec stands for: sources by split, and class names where they are known.

    `fold` is the number, from 1, of a fold of train that is the test split, and how many there are.
    `expected` are the names of all classes, for data in which nothing lists them.
    """

    name: str
    sources: Mapping[str, Source]
    names: tuple[str, ...] = ()
    folder: Path | None = None
    synthetic: bool = False
    spec: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    fold: tuple[int, int] | None = None
    expected: tuple[str, ...] = ()
