"""What is asked of a task whose answers are written, in a file: a sentence, classes, examples."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...errors import UserError
from ...tasks import Prompted, Task
from .answer_asker import AnswerForm
from .class_guide import MOST_EXAMPLES, ClassGuide, read_described, read_question, read_toml

_FORM = 'write task = "a sentence on what is asked"'


def read_form(
    path: Path | None, task: Task, *, labels: Sequence[str], tokens: int = 0
) -> tuple[AnswerForm, Prompted]:
    """Read what a language model is asked for the examples of a task.

    Args:
        path: A TOML file with `task`, with `classes` where the task has some, numbers that the task
            knows, and `examples`; None where the task alone says what is asked.
        task: The task, one that has `prompted`.
        labels: The class names of the data; empty where nothing has a label.
        tokens: How many tokens an answer has at most; 0 for what the task expects.

    Returns:
        What is asked, and how answers are read.

    Raises:
        UserError: No such file, or one that says something else.
    """
    assert task.prompted is not None
    asked = task.prompted(task)
    if path is None and (asked.describes or not asked.wanted):
        more = f", and a table [classes] of what each {asked.describes} means"
        raise UserError(
            f"a language model has to be told what the task {task.name} is about: give --classes "
            f"FILE.toml, and in it {_FORM}{more if asked.describes else ''}."
        )
    names: tuple[str, ...] = ()
    if path is None:
        guide = ClassGuide((), (), asked.wanted)
    else:
        classes = ("classes",) if asked.describes else ()
        content = read_toml(path, ("task", *classes, *asked.told, "examples"), _FORM)
        told = [name for name in asked.told if name in content]
        asked = asked.tell({name: _number(path, content, name) for name in told})
        described: tuple[str, ...] = ()
        if asked.describes:
            names, described = read_described(path, content, least=1, what=asked.describes)
        guide = ClassGuide(names, described, read_question(path, content, asked.wanted))
        if asked.describes and labels:
            guide = guide.with_names(asked.names_of(labels))
        examples = _read_examples(path, content.get("examples", []), asked=asked, names=guide.names)
        guide = ClassGuide(guide.names, guide.descriptions, guide.task, examples)
    form = AnswerForm(guide, asked.schema(guide.names), asked.form, tokens or asked.tokens)
    return form, asked


def _number(path: Path, content: dict[str, Any], name: str) -> float:
    value = content[name]
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise UserError(f"{path} has {name} = {value!r:.40}: write a number.")
    return float(value)


def _read_examples(
    path: Path, examples: Any, *, asked: Prompted, names: Sequence[str]
) -> tuple[tuple[str, str], ...]:
    """Return examples as they are shown, with their answers as JSON."""
    roles = [role for role, c in asked.task.columns.items() if c.kind == "text"]
    values = " and ".join(f'{role} = "..."' for role in roles)
    form = f"write [[examples]], and below it {values} and answer = {_as_toml(asked.form)}"
    if not isinstance(examples, list) or len(examples) > MOST_EXAMPLES:
        raise UserError(f"{path}: {form}, {MOST_EXAMPLES} times at most.")
    read = []
    for number, given in enumerate(examples, 1):
        where = f"{path}: example {number}"
        if not isinstance(given, dict) or set(given) != {*roles, "answer"}:
            raise UserError(f"{where} is {given!r:.80}: {form}.")
        if not all(isinstance(given[role], str) for role in roles):
            raise UserError(f"{where} is {given!r:.80}: {form}.")
        answer = given["answer"]
        example = asked.task.example({role: given[role] for role in roles}, where)
        required = asked.schema(names)["required"]
        if not isinstance(answer, dict) or not set(required) <= set(answer):
            raise UserError(f"{where} has answer = {answer!r:.60}: {form}.")
        try:
            found = asked.read(answer, example, names)
        except ValueError as error:
            raise UserError(f"{where} cannot be used: {error}.") from None
        if found.left_out:
            raise UserError(f"{where} cannot be used: {found.left_out[0]}.")
        read.append((asked.show(example), json.dumps(answer, ensure_ascii=False)))
    return tuple(read)


def _as_toml(shown: str) -> str:
    """Return an object of JSON as an inline table.

    >>> _as_toml('{"number": 3.5}')
    '{number = 3.5}'
    """
    return re.sub(r'"(\w+)": ', r"\1 = ", shown)
