"""`[[head]]` of a TOML file: several tasks of one model, a table for each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import UserError

HEAD = "head"
_TEXTS = ("name", "task", "teacher")
_NUMBERS = ("weight", "temperature", "soft_weight")
_TABLES = ("columns", "settings")
_KNOWN = (*_TEXTS, *_NUMBERS, *_TABLES, "objective")


def join_heads(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings by flat name with those of the heads among the others.

    Args:
        settings: By flat name; `head` is a list of tables.

    Raises:
        UserError: Heads that are no tables, a setting that a head does not have, a task or a
            teacher that is named twice.

    >>> join_heads({"head": [{"name": "a", "task": "x"}, {"name": "b", "task": "y"}]})["task"]
    'a=x+b=y'
    """
    heads = settings[HEAD]
    rest = {name: value for name, value in settings.items() if name != HEAD}
    if not isinstance(heads, list) or not all(isinstance(head, dict) for head in heads):
        raise UserError(f"head is {heads!r:.40}: write a table [[head]] for each head.")
    if not heads:
        return rest
    for head in heads:
        _check(head)
    if rest.get("task"):
        raise UserError(
            f"the task is {rest['task']!r} and there are tables [[head]]: leave one of them out."
        )
    teachers = [f"{head['name']}={head['teacher']}" for head in heads if "teacher" in head]
    if teachers and rest.get("teacher"):
        raise UserError(
            f"the teacher is {rest['teacher']!r} and heads name theirs: leave one of them out."
        )
    joined: dict[str, Any] = {
        "task": "+".join(f"{head['name']}={head['task']}" for head in heads),
        "columns": {**rest.get("columns", {}), **_inside(heads, "columns")},
        "task_settings": {**rest.get("task_settings", {}), **_inside(heads, "settings")},
    }
    for head in heads:
        own = {f"{head['name']}.{name}": head[name] for name in _NUMBERS if name in head}
        joined["task_settings"] |= own
    losses = [_on_head(head, loss) for head in heads for loss in head.get("objective", ())]
    return {
        **rest,
        **joined,
        **({"teacher": " + ".join(teachers)} if teachers else {}),
        **({"objective": [*rest.get("objective", []), *losses]} if losses else {}),
    }


def _on_head(head: dict[str, Any], loss: dict[str, Any]) -> dict[str, Any]:
    """Return a loss of a head, with its weight times that of the head."""
    weight, factor = loss.get("weight", 1.0), head.get("weight", 1.0)
    numbers = all(isinstance(each, (int, float)) for each in (weight, factor))
    return {**loss, "head": head["name"], "weight": weight * factor if numbers else weight}


def _inside(heads: list[dict[str, Any]], table: str) -> dict[str, Any]:
    return {
        f"{head['name']}.{name}": value
        for head in heads
        for name, value in head.get(table, {}).items()
    }


def _check(head: dict[str, Any]) -> None:
    title = f"the head {head.get('name', '?')}"
    unknown = [name for name in head if name not in _KNOWN]
    if unknown:
        raise UserError(f"{title} has a setting {unknown[0]!r}: write {', '.join(_KNOWN)}.")
    for name in _TEXTS[:2]:
        if name not in head:
            raise UserError(f'{title} has no {name}: write {name} = "...".')
    kinds = {**dict.fromkeys(_TEXTS, str), **dict.fromkeys(_TABLES, dict), "objective": list}
    for name, kind in kinds.items():
        if name in head and not isinstance(head[name], kind):
            raise UserError(f"{title}: {name} is {head[name]!r:.40}: write a {kind.__name__}.")
    if "objective" in head and not all(isinstance(loss, dict) for loss in head["objective"]):
        raise UserError(f"{title}: the objective is a list of tables, one for each loss.")
