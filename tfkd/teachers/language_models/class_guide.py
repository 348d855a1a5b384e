"""What classes mean, in a file: their names, a sentence on each, and a few examples."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import UserError, first_line

_FORM = 'write a table [classes] with a line NAME = "DESCRIPTION" for each class'
MOST_EXAMPLES = 32


@dataclass(frozen=True)
class ClassGuide:
    """What a language model is told of the classes.

    Attributes:
        names: The names of the classes, in their order.
        descriptions: What each means; empty where the name says it.
        task: A sentence on what is asked.
        examples: Texts with the names of their classes, shown before each question.
    """

    names: tuple[str, ...]
    descriptions: tuple[str, ...]
    task: str = "Which of the classes does the text belong to?"
    examples: tuple[tuple[str, str], ...] = ()

    @property
    def digest(self) -> str:
        """What tells it from others: another word, another answer."""
        facts = (self.names, self.descriptions, self.task, self.examples)
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]

    def with_names(self, names: Sequence[str]) -> ClassGuide:
        """Return the guide with its classes in the order of the data's.

        Args:
            names: The data's.

        Raises:
            UserError: The data have a class that the guide does not know, or the reverse.
        """
        missing = [name for name in names if name not in self.names]
        further = [name for name in self.names if name not in names]
        if missing or further:
            raise UserError(
                f"the data and the file of classes name other classes ({_some(missing)} in the "
                f"data alone, {_some(further)} in the file alone): give each class of the data a "
                "line of the same name."
            )
        by_name = dict(zip(self.names, self.descriptions, strict=True))
        described = tuple(by_name[name] for name in names)
        return ClassGuide(tuple(names), described, self.task, self.examples)


def read_guide(path: Path) -> ClassGuide:
    """Read a TOML file with the table `classes`, and `task` and `examples` where it has some.

    Raises:
        UserError: No such file, no TOML, or not these.
    """
    content = read_toml(path, ("task", "classes", "examples"), _FORM)
    names, descriptions = read_described(path, content, least=2, what="class")
    question = read_question(path, content, ClassGuide.task)
    examples = _read_examples(path, content.get("examples", []), names)
    return ClassGuide(names, descriptions, question, examples)


def read_toml(path: Path, known: Sequence[str], form: str) -> dict[str, Any]:
    """Return what a TOML file has, all of it known.

    Args:
        path: The file.
        known: The names that it may have.
        form: What to write in it.

    Raises:
        UserError: No such file, no TOML, or another name.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"{path} cannot be read ({first_line(error)}): {form}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is no TOML ({first_line(error)}): {form}.") from None
    unknown = [name for name in content if name not in known]
    if unknown:
        spelled = {"classes": "[classes]", "examples": "[[examples]]"}
        *most, last = (spelled.get(name, name) for name in known)
        raise UserError(f"{path} has {unknown[0]!r}: write {', '.join(most)} and {last} alone.")
    return content


def read_described(
    path: Path, content: Mapping[str, Any], *, least: int, what: str
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names of classes and what they mean.

    Args:
        path: The file, for the error.
        content: What it has.
        least: How many there have to be.
        what: What a class is called.

    Raises:
        UserError: No such table.
    """
    classes = content.get("classes")
    texts = isinstance(classes, dict) and all(isinstance(text, str) for text in classes.values())
    if not isinstance(classes, dict) or not texts or len(classes) < least:
        form = _FORM.replace("each class", f"each {what}")
        more = f", and at least {'two' if least == 2 else 'one'} of them"
        raise UserError(f"{path} has classes = {classes!r:.80}: {form}{more}.")
    return tuple(map(str, classes)), tuple(classes.values())


def read_question(path: Path, content: Mapping[str, Any], default: str) -> str:
    """Return the sentence on what is asked.

    Args:
        path: The file, for the error.
        content: What it has.
        default: What is asked where it has none; empty where it has to have one.

    Raises:
        UserError: None, or no text.
    """
    question = content.get("task", default)
    if not isinstance(question, str) or not question.strip():
        raise UserError(f"{path} has task = {question!r:.80}: write a sentence on what is asked.")
    return question.strip()


def _read_examples(
    path: Path, examples: object, names: tuple[str, ...]
) -> tuple[tuple[str, str], ...]:
    form = 'write [[examples]], and below it text = "..." and class = "..."'
    if not isinstance(examples, list) or len(examples) > MOST_EXAMPLES:
        raise UserError(f"{path}: {form}, {MOST_EXAMPLES} times at most.")
    read = []
    for number, example in enumerate(examples, 1):
        known = isinstance(example, dict) and set(example) == {"text", "class"}
        if not known or not all(isinstance(value, str) for value in example.values()):
            raise UserError(f"{path}: example {number} is {example!r:.80}: {form}.")
        if example["class"] not in names:
            raise UserError(
                f"{path}: example {number} is of the class {example['class']!r}, which [classes] "
                "does not have: write one of them."
            )
        read.append((example["text"], example["class"]))
    return tuple(read)


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(map(repr, names[:3])) or "none"
    return f"{shown}, ..." if len(names) > 3 else shown
