"""Texts to check an export on, with or without labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..data import Column, Example
from ..errors import UserError
from ..tasks import Task
from .check_data import SENTENCES, CheckData, TaskContext


def parse_texts(values: list[Any], context: TaskContext) -> CheckData:
    """Read texts, `(text, label)` or examples by role.

    Raises:
        UserError: None of these, an empty one, or an unknown label.
    """
    if values and all(isinstance(value, Mapping) for value in values):
        return CheckData(tuple(map(Example, values)))
    pairs = [value if isinstance(value, (tuple, list)) else (value, None) for value in values]
    if not pairs or not all(len(p) == 2 and isinstance(p[0], str) and p[0].strip() for p in pairs):
        raise UserError("`check` is a list of texts or of (text, label), not empty, none blank.")
    role = _text_role(context)
    if all(label is None for _, label in pairs):
        return CheckData(tuple(Example({role: text}) for text, _ in pairs))
    names, task = context.schema.labels, context.task
    if task is not None and task.columns.get("label", Column("", kind="label")).kind != "label":
        return CheckData(tuple(_read_by_task(task, names, role, pair) for pair in pairs))
    return CheckData(
        tuple(Example({role: text, "label": label_id(label, names)}) for text, label in pairs)
    )


def _read_by_task(task: Task, names: Sequence[str], role: str, pair: tuple[str, Any]) -> Example:
    """Return an example whose label is no class, as its task reads it."""
    example = task.example({role: pair[0], "label": pair[1]}, "among the texts to check on")
    keys = task.label_keys(example)
    numbers = {key: int(key) if key.isdecimal() and key not in names else key for key in keys}
    return task.with_ids(example, {key: label_id(numbers[key], names) for key in keys})


def builtin_texts(context: TaskContext) -> CheckData:
    """Return a few sentences of our own."""
    role = _text_role(context)
    return CheckData(tuple(Example({role: text}) for text in SENTENCES))


def _text_role(context: TaskContext) -> str:
    """Return what the task calls the only text that it reads."""
    if context.task is None:
        return "text"
    required = {name: c.kind for name, c in context.task.columns.items() if c.required}
    if list(required.values()) != ["text"]:
        raise UserError(
            f"the task {context.task.name} reads {', '.join(required)}: give `check`, a list of "
            "examples with these."
        )
    return next(iter(required))


def label_id(label: Any, names: Sequence[str]) -> int:
    """Return the class id of a name or of a number.

    Raises:
        UserError: It is neither.
    """
    label = label.decode("utf-8") if isinstance(label, bytes) else label
    if isinstance(label, str) and label in names:
        return list(names).index(label)
    whole = isinstance(label, (int, float, np.number)) and float(label).is_integer()
    if whole and (0 <= label < len(names) or (label >= 0 and not names)):
        return int(label)
    among = f"one of {', '.join(map(str, names))}, or its number" if names else "a class number"
    raise UserError(f"label {label!r} among what to check on: expected {among}.")
