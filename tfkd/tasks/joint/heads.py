"""The heads of a model, each a task of its own: their names, settings and columns."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from ...data import Column, Example, Schema
from ...errors import UserError
from .. import _registry
from .._base import EMBEDDING, Task

PLUS, IS = _registry.PLUS, _registry.IS
LABELS = "labels"
OWN = {"weight": 1.0, "temperature": None, "soft_weight": None}
"""Settings of a head beside those of its task; None stands for the run's own."""
_NAME = re.compile(r"[A-Za-z][\w-]*")


@dataclass(frozen=True)
class Head:
    """One task of several that a model learns.

    Attributes:
        name: What its outputs, labels, scores and settings begin with.
        task: The task.
        weight: Of its losses beside those of the other heads.
        temperature: Of its soft targets; None for the run's.
        soft_weight: Of its soft targets; None for the run's.
    """

    name: str
    task: Task
    weight: float = 1.0
    temperature: float | None = None
    soft_weight: float | None = None

    def inside(self, name: str) -> str:
        """Return what something of this head is called among all heads."""
        return f"{self.name}.{name}"

    def own(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values of this head by the names of its task."""
        return {
            name.removeprefix(self.inside("")): value
            for name, value in values.items()
            if name.startswith(self.inside(""))
        }

    @property
    def has_classes(self) -> bool:
        """Whether what the head learns has names that are found in the data."""
        return bool(self.task.schema(("0", "1")).labels)

    def adapted(self, examples: Iterable[Example]) -> Head:
        """Return the head for a file, whose task has looked at its examples."""
        return replace(self, task=cast("Task", self.task.adapted(examples)))

    def schema(self, schema: Schema) -> Schema:
        """Return what the training split fixed for this head."""
        own = self.own(schema.settings)
        return Schema(tuple(own.pop(LABELS, ())), {k: v for k, v in own.items() if k not in OWN})

    def example(self, example: Mapping[str, Any]) -> Example:
        """Return an example as the task of this head knows it."""
        shared = {role: value for role, value in example.items() if "." not in role}
        return Example({**shared, **self.own(example)})


def read_heads(task: str, settings: Mapping[str, Any]) -> tuple[Head, ...]:
    """Return the heads that a name stands for, with their settings.

    Args:
        task: `TASK+TASK`, or `HEAD=TASK+HEAD=TASK`.
        settings: `HEAD.NAME` for one head, `NAME` for all.

    Raises:
        UserError: One head, two of the same name, a name that is none, an unknown task or setting.
    """
    written = [part.strip() for part in task.split(PLUS)]
    if len(written) < 2 or not all(written):
        raise UserError(
            f"the task is {task!r}: join two or more tasks with {PLUS}, e.g. "
            f"intent{IS}text-classification{PLUS}slots{IS}token-classification."
        )
    heads: dict[str, Head] = {}
    for part in written:
        name, _, kind = part.rpartition(IS) if IS in part else (part, IS, part)
        if not _NAME.fullmatch(name):
            raise UserError(
                f"a head is called {name!r}: write letters, digits, _ and -, HEAD{IS}{kind}."
            )
        if name in heads:
            raise UserError(
                f"two heads are called {name}: give each a name, e.g. "
                f"first{IS}{kind}{PLUS}second{IS}{kind}."
            )
        heads[name] = _make_head(name, kind, settings)
        if EMBEDDING in heads[name].task.outputs:
            raise UserError(
                f"the head {name} is of {kind}, which gives vectors of single texts: distil it in "
                "a run of its own."
            )
    unknown = [key for key in settings if "." in key and key.partition(".")[0] not in heads]
    if unknown:
        raise UserError(
            f"the setting {unknown[0]!r} is of no head: the heads are {', '.join(heads)}."
        )
    return tuple(heads.values())


def _make_head(name: str, kind: str, settings: Mapping[str, Any]) -> Head:
    shared = {key: value for key, value in settings.items() if "." not in key}
    prefix = f"{name}."
    own = {
        key.removeprefix(prefix): value for key, value in settings.items() if key.startswith(prefix)
    }
    numbers = {key: own.pop(key, default) for key, default in OWN.items()}
    for key, value in numbers.items():
        if value is not None:
            _check_number(name, key, value)
    return Head(name, _registry.find(kind, {**shared, **own}), **numbers)


def _check_number(head: str, key: str, value: Any) -> None:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    least = -1.0 if key == "soft_weight" else 0.0
    most = 1.0 if key == "soft_weight" else math.inf
    if not (is_number and least < value <= most and math.isfinite(value) and value >= 0):
        wanted = "a number from 0 to 1" if key == "soft_weight" else "a positive number, e.g. 1"
        raise UserError(f"{key} of the head {head} is {value!r}: write {wanted}.")


def choose_reader(heads: Sequence[Head], columns: Mapping[str, Mapping[str, Column]]) -> Head:
    """Return the head whose task reads the texts for all.

    That is one with an answer for each word or token, or with marks in its texts, where there is
    one: it knows where they are.

    Args:
        heads: All heads.
        columns: The columns of the task of each.

    Raises:
        UserError: Heads that read different texts.
    """
    special = [head for head in heads if head.task.features != "pooled" or head.task.pieces]
    reader = special[0] if special else heads[0]
    there = set(inputs_of(columns[reader.name]))
    for head in heads:
        wanted = set(inputs_of(columns[head.name]))
        is_text = wanted == {"text"} and not head.task.reads_pairs
        same = wanted <= there or (is_text and len(there) == 1)
        alike = head.task.reads_pairs == reader.task.reads_pairs
        # Marks within a text are pieces of one task alone, and rows have words or have none.
        marked = head.task.pieces and head.task.pieces != reader.task.pieces
        unlike = head.task.features not in ("pooled", reader.task.features)
        if same and alike and (marked or unlike):
            raise UserError(
                f"the heads {reader.name} and {head.name} are of {reader.task.name} and "
                f"{head.task.name}, which read a text in different ways, and one model reads the "
                "same texts for all of its heads: distil each in a run of its own."
            )
        if not (same and alike):
            raise UserError(
                f"the head {head.name} reads {' and '.join(sorted(wanted))} and the head "
                f"{reader.name} {' and '.join(sorted(there))}: one model reads the same texts for "
                "all of its heads."
            )
    return reader


def own_roles(head: Head, named: Any) -> dict[str, str]:
    """Return the names of columns that the user gave for the roles of a head's task.

    Args:
        head: The head.
        named: Names by role, or roles alone.
    """
    names = named if isinstance(named, Mapping) else dict.fromkeys(named, "")
    return {
        role.removeprefix(head.inside("")): name
        for role, name in names.items()
        if "." not in role or role.startswith(head.inside(""))
    }


def inputs_of(columns: Mapping[str, Column]) -> dict[str, Column]:
    """Return the columns of a task that a model reads: those that every row needs."""
    return {role: column for role, column in columns.items() if column.required}


def join_columns(
    heads: Sequence[Head], reader: Head, columns: Mapping[str, Mapping[str, Column]]
) -> dict[str, Column]:
    """Return the columns of all heads: the texts once, and what each head learns.

    What several heads call alike has the name of its head, or one that only it knows: two heads
    would read the same labels otherwise.

    Args:
        heads: All heads.
        reader: The one whose task reads the texts.
        columns: The columns of the task of each.
    """
    joined = inputs_of(columns[reader.name])
    labels = {
        (head.name, role): column
        for head in heads
        for role, column in columns[head.name].items()
        if not column.required
    }
    names = [name for column in labels.values() for name in (column.default, *column.also)]
    for (head, role), column in labels.items():
        own = [name for name in (column.default, *column.also) if names.count(name) == 1]
        default = own[0] if own and own[0] == column.default else head
        joined[f"{head}.{role}"] = Column(
            default,
            required=False,
            kind=column.kind,
            also=tuple(dict.fromkeys((head.casefold(), *own))),
        )
    return joined


def flatten_schema(head: Head, schema: Schema) -> dict[str, Any]:
    """Return the schema of a head as settings that have its name.

    Args:
        head: The head.
        schema: What the training split fixed for it.
    """
    own = {head.inside(name): value for name, value in schema.settings.items()}
    return {**own, head.inside(LABELS): list(schema.labels)}
