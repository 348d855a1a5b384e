"""What the other rooms see of a data set: `Example` and `Data`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ..errors import UserError

IGNORE = -100
SPLITS = ("train", "validation", "test", "unlabelled")


class Example(NamedTuple):
    """One text with the id of its class; `IGNORE` (-100) when it has none."""

    text: str
    label: int = IGNORE


@dataclass(frozen=True)
class Data:
    """A validated data set whose splits are streamed.

    Attributes:
        name: short and safe as a file name.
        labels: class names by id; empty only when nothing is labelled.
        counts: rows per split; a split that is absent has none.
        synthetic: whether a program wrote the texts.
        streams: what `read` opens, by split.
        facts: where the rows come from, for `describe`.
    """

    name: str
    labels: tuple[str, ...]
    counts: dict[str, int]
    synthetic: bool = False
    streams: Mapping[str, Callable[[], Iterator[Example]]] = field(
        default_factory=dict, repr=False, compare=False
    )
    facts: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def read(self, split: str) -> Iterator[Example]:
        """A fresh stream of one split, in the order of its file; empty when there is no such split.

        Raises:
            UserError: a split name that does not exist, or a file that was changed since.

        >>> data = Data(
        ...     "two",
        ...     ("bad", "good"),
        ...     {"train": 1},
        ...     streams={"train": lambda: iter([Example("fine", 1)])},
        ... )
        >>> list(data.read("train")), list(data.read("unlabelled"))
        ([Example(text='fine', label=1)], [])
        """
        if split not in SPLITS:
            raise UserError(f"no split is called {split!r}; write one of {', '.join(SPLITS)}.")
        stream = self.streams.get(split)
        return stream() if stream else iter(())

    def describe(self) -> dict[str, Any]:
        """Facts for the run folder, ready for `json.dumps`."""
        return {
            "name": self.name,
            "labels": list(self.labels),
            "counts": dict(self.counts),
            "synthetic": self.synthetic,
            **self.facts,
        }
