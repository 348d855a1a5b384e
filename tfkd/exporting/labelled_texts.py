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
    """Read texts, `(text, label)`, pairs, `(pair, label)` or examples by role.

    Raises:
        UserError: None of these, an empty one, or an unknown label.
    """
    if values and all(isinstance(value, Mapping) for value in values):
        return CheckData(tuple(map(Example, values)))
    roles = _text_roles(context)
    split = [_split_label(value, len(roles)) for value in values]
    if not split or not all(_are_texts(texts, len(roles)) for texts, _ in split):
        wanted = ("texts or of (text, label)", "(text, text) or of (pair, label)")[len(roles) - 1]
        raise UserError(f"`check` is a list of {wanted}, not empty, none blank.")
    examples = [Example(zip(roles, texts, strict=True)) for texts, _ in split]
    labels = [label for _, label in split]
    if all(label is None for label in labels):
        return CheckData(tuple(examples))
    names, task = context.schema.labels, context.task
    labelled = zip(examples, labels, strict=True)
    if task is not None and task.columns.get("label", Column("", kind="label")).kind != "label":
        return CheckData(tuple(_read_by_task(task, names, *each) for each in labelled))
    return CheckData(
        tuple(Example({**texts, "label": label_id(label, names)}) for texts, label in labelled)
    )


def _read_by_task(task: Task, names: Sequence[str], texts: Example, label: Any) -> Example:
    """Return an example whose label is no class, as its task reads it."""
    example = task.example({**texts, "label": label}, "among the texts to check on")
    keys = task.label_keys(example)
    numbers = {key: int(key) if key.isdecimal() and key not in names else key for key in keys}
    return task.with_ids(example, {key: label_id(numbers[key], names) for key in keys})


def builtin_texts(context: TaskContext) -> CheckData:
    """Return a few sentences of our own; for a task of two texts, each with the next one."""
    if context.task is None:
        return CheckData(tuple(Example(text=text) for text in SENTENCES))
    _text_roles(context)
    made = map(context.task.make_example, SENTENCES, (*SENTENCES[1:], SENTENCES[0]))
    examples = (context.task.example(each, f"sentence {i}") for i, each in enumerate(made, 1))
    return CheckData(tuple(examples))


def _text_roles(context: TaskContext) -> tuple[str, ...]:
    """Return what the task calls the only text that it reads, or both of them."""
    if context.task is None:
        return ("text",)
    task, roles = context.task, context.task.typed_roles()
    # A task with an example of its own knows what else it needs.
    own = type(task).make_example is not Task.make_example
    optional = {name for name, column in task.columns.items() if column.optional}
    needed = {name for name, column in task.columns.items() if column.required} - optional
    if len(roles) not in (1, 2) or not (own or needed <= set(roles)):
        raise UserError(
            f"the task {context.task.name} reads {', '.join(context.task.columns)}: give `check`, "
            "a list of examples with these."
        )
    return roles


def _split_label(value: Any, texts: int) -> tuple[tuple, Any]:
    """Return the texts of an entry, and its label or None."""
    if not isinstance(value, (tuple, list)):
        return (value,), None
    if texts == 1:
        return ((value[0],), value[1]) if len(value) == 2 else (tuple(value), None)
    if len(value) == 2 and isinstance(value[0], (tuple, list)):
        return tuple(value[0]), value[1]
    return tuple(value), None


def _are_texts(texts: tuple, count: int) -> bool:
    return len(texts) == count and all(isinstance(t, str) and t.strip() for t in texts)


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
