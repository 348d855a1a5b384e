"""Spans as files write them: pairs, objects, cells of JSON, columns of starts and ends."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ...errors import UserError

Parts = dict[str, dict[str, Any]]
"""The columns of each part with their values."""
_NAMES = (
    ("head", "tail"),
    ("e1", "e2"),
    ("subj", "obj"),
    ("subject", "object"),
    ("h", "t"),
    ("entity1", "entity2"),
)
"""What the columns of both parts are called, or begin with."""


def find_spans(fields: Mapping[str, Any], where: str) -> Parts:
    """Return the columns that have the spans of both parts; none where there are no spans.

    Args:
        fields: The row's values by column.
        where: File and row, for the error.

    Raises:
        UserError: One part has a span and the other one none.

    >>> find_spans({"head": [0, 5], "tail": "[9, 12]", "text": "a"}, "row 1")
    {'head': {'head': [0, 5]}, 'tail': {'tail': [9, 12]}}
    """
    for pair in _NAMES:
        parts: Parts = {}
        for name in pair:
            value, edges = parsed(fields.get(name)), (f"{name}_start", f"{name}_end")
            if _is_span(value):
                parts[name] = {name: value}
            elif all(edge in fields for edge in edges):
                parts[name] = {edge: fields[edge] for edge in edges}
        if len(parts) == 1:
            missing = next(name for name in pair if name not in parts)
            raise UserError(f"{where}: {next(iter(parts))} has a span, and {missing} has none.")
        if parts:
            return parts
    return {}


def read_edges(name: str, part: Mapping[str, Any], where: str) -> tuple[int, int, str]:
    """Return start and end of a part and, where it says so, its text.

    Args:
        name: What the part is called.
        part: Its columns.
        where: File and row, for the error.

    Raises:
        UserError: No whole numbers.
    """
    value: Any = part.get(name, part)
    says = ""
    if isinstance(value, Mapping):
        says = str(value.get("text") or value.get("name") or "")
        edges = [value.get("start", value.get(f"{name}_start"))]
        edges.append(value.get("end", value.get(f"{name}_end")))
    elif isinstance(value[-1], list):
        # FewRel: the name, an id, and the places of its words, once or several times.
        places = value[-1][0] if value[-1] and isinstance(value[-1][0], list) else value[-1]
        edges = [places[0], _as_number(places[-1])] if places else []
        edges = [edges[0], edges[1] + 1] if None not in edges and edges else edges
    else:
        edges = list(value)
    start, end = [_as_number(edge) for edge in edges] if len(edges) == 2 else (None, None)
    if start is None or end is None:
        raise UserError(
            f"{where}: {name} is {str(value)[:60]}; give its start and end as whole numbers, "
            '{"start": 4, "end": 9}.'
        )
    return start, end, says


def as_words(value: Any) -> list[str]:
    """Return a list of words, which a table has as JSON; nothing where it is something else."""
    value = parsed(value)
    whole = isinstance(value, list) and all(isinstance(each, str) for each in value)
    return value if whole else []


def parsed(value: Any) -> Any:
    """Return what a cell of a table holds as JSON, all else as it is."""
    if isinstance(value, str) and value.lstrip()[:1] in ("[", "{"):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def _is_span(value: Any) -> bool:
    if isinstance(value, Mapping):
        return "start" in value or "end" in value
    if not isinstance(value, (list, tuple)) or not value:
        return False
    return all(isinstance(each, (int, float)) for each in value) or isinstance(value[-1], list)


def _as_number(value: Any) -> int | None:
    if isinstance(value, str) and value.strip().isdecimal():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
