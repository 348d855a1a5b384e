"""Examples as people give them to a file, checked by its task. No TensorFlow here."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..data import Column, Example
from ..data.reader import PAIR
from ..data.text_checks import check_characters
from ..errors import UserError
from ..tasks import Task

Value = str | tuple[str, str] | Mapping[str, Any] | np.ndarray | Path
"""An example as people give it."""


def check_several(task: Task, values: Any) -> None:
    """Refuse one example, or none, where several belong: a dict would be read as its keys.

    Args:
        task: The task.
        values: What came in place of a list of examples.

    Raises:
        UserError: It is a string, a dict, a table, or nothing that has members.
    """
    wanted = f"where a list of {task.things} belongs"
    if isinstance(values, (str, bytes, bytearray)):
        one = "text" if task.reads_texts else "path"
        kind = "one string" if isinstance(values, str) else "bytes"
        raise UserError(f"{kind} came {wanted}: write [{one}].")
    if isinstance(values, Mapping):
        raise UserError(f"one dict came {wanted}: write [example].")
    if hasattr(values, "columns"):
        raise UserError(f'a table came {wanted}: give one of its columns, such as table["text"].')
    try:
        iter(values)
    except TypeError:
        raise UserError(f"{values!r:.40} came {wanted}: write [example].") from None


def read_example(task: Task, value: Any, i: int) -> Example:
    """Return an example of a task as its data would give it.

    Args:
        task: The task.
        value: What came.
        i: Its number, to name it.

    Raises:
        UserError: It is missing a value, or has an empty text.
    """
    value = _fields_of(task, value)
    fields: Collection[str] = value if isinstance(value, Mapping) else ()
    if isinstance(value, (tuple, list)) and len(value) == 2:
        fields = ("text", PAIR)
    known = task.columns_for(fields)
    roles = {name: column for name, column in known.items() if column.required}
    if not isinstance(value, Mapping):
        texts = value if isinstance(value, (tuple, list)) else (value,)
        if [column.kind for column in roles.values()] != ["text"] * len(texts):
            raise UserError(f"example {i} is {value!r:.40}: give {_spell_wanted(roles)}.")
        value = dict(zip(roles, texts, strict=True))
    value = task.in_columns(_by_role(value, roles), f"example {i}")
    for name, column in roles.items():
        content = value.get(name)
        if content is None and name not in value:
            raise UserError(f"example {i} has no {name}: give {', '.join(roles)}.")
        if column.kind == "text" and (not isinstance(content, str) or not content.strip()):
            raise UserError(
                f"{name} {i} is {'empty' if content == '' else repr(content)[:40]}: "
                "give at least one word."
            )
        if column.kind == "text":
            check_characters(f"example {i}", content, name)
    given = {name: value[name] for name in task.columns if name in roles}
    return task.example(given, f"example {i}")


def _fields_of(task: Task, value: Any) -> Any:
    """Return the values by role of an example that is one plain value to its task."""
    if isinstance(value, Mapping):
        return value
    fields = task.fields_of(value)
    return value if fields is None else fields


def _by_role(value: Mapping[str, Any], roles: Mapping[str, Column]) -> Mapping[str, Any]:
    """Return an example by the roles of its values, as rows of files with other names are read."""
    known = {name.strip().casefold(): name for name in value if isinstance(name, str)}
    renamed = {
        role: value[known[other]]
        for role, column in roles.items()
        if role not in value
        for other in reversed((role, column.default, *column.also))
        if other in known
    }
    return {**value, **renamed}


def _spell_wanted(roles: Mapping[str, Column]) -> str:
    """Return what an example of these roles looks like."""
    kinds = [column.kind for column in roles.values()]
    plain = {("text",): "one text", ("text", "text"): "a tuple of two texts"}.get(tuple(kinds))
    return f"{f'{plain}, or ' if plain else ''}a dict with {', '.join(roles)}"
