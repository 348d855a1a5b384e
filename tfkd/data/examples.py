"""What the other packages see of a data set: `Example`, `Schema` and `Data`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import UserError

IGNORE = -100
SPLITS = ("train", "validation", "test", "unlabelled")


class Example(dict):
    """A checked row by role, such as `text` and `label`; roles are attributes too.

    A class label is its id, `IGNORE` (-100) where there is none.

    >>> example = Example(text="a fine film", label=1)
    >>> example.text, example["label"]
    ('a fine film', 1)
    """

    __slots__ = ()

    def __getattr__(self, role: str) -> Any:
        """Return the value of a role.

        Raises:
            AttributeError: The example has no such role.
        """
        try:
            return self[role]
        except KeyError:
            raise AttributeError(f"no role {role!r}; it has {', '.join(self)}") from None

    def __repr__(self) -> str:
        return f"Example({', '.join(f'{role}={value!r}' for role, value in self.items())})"


@dataclass(frozen=True)
class Schema:
    """What the training split fixes for a task: class names by id, and the task's settings.

    >>> Schema.from_json(Schema(("bad", "good")).to_json()) == Schema(("bad", "good"))
    True
    """

    labels: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {"labels": list(self.labels), "settings": dict(self.settings)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Schema:
        """Read what `to_json` returned."""
        return cls(tuple(values["labels"]), dict(values["settings"]))


@dataclass(frozen=True)
class Data:
    """A validated data set whose splits are streamed.

    Attributes:
        name: Short, and safe as a file name.
        labels: Class names by id; empty where nothing has a class.
        counts: Rows of each split; a split that is absent has none.
        synthetic: Whether a program wrote the texts.
        settings: Further facts that the training split fixes for its task.
        streams: What `read` opens, by split.
        facts: Where the rows come from, for `describe`.
    """

    name: str
    labels: tuple[str, ...]
    counts: dict[str, int]
    synthetic: bool = False
    settings: Mapping[str, Any] = field(default_factory=dict)
    streams: Mapping[str, Callable[[], Iterator[Example]]] = field(
        default_factory=dict, repr=False, compare=False
    )
    facts: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def schema(self) -> Schema:
        """What the training split fixes."""
        return Schema(self.labels, self.settings)

    def read(self, split: str) -> Iterator[Example]:
        """Open a fresh stream of one split in the order of its file; empty without such a split.

        Raises:
            UserError: A split name that does not exist, or a file that was changed since.

        >>> data = Data(
        ...     "two",
        ...     ("bad", "good"),
        ...     {"train": 1},
        ...     streams={"train": lambda: iter([Example(text="fine", label=1)])},
        ... )
        >>> list(data.read("train")), list(data.read("unlabelled"))
        ([Example(text='fine', label=1)], [])
        """
        if split not in SPLITS:
            raise UserError(f"no split is called {split!r}; write one of {', '.join(SPLITS)}.")
        stream = self.streams.get(split)
        return stream() if stream else iter(())

    def describe(self) -> dict[str, Any]:
        """Return facts for the run folder, ready for `json.dumps`."""
        return {
            "name": self.name,
            "labels": list(self.labels),
            "counts": dict(self.counts),
            "synthetic": self.synthetic,
            **self.facts,
        }
