"""What a language model is asked by a task whose answer it writes as JSON, and how it is read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from ..data import Example, ExampleReader

_STRICT = {"type": "object", "additionalProperties": False}


@dataclass(frozen=True)
class Reading:
    """What an answer says of its example.

    Attributes:
        example: The example, with what was answered as its label.
        answer: The same as a model of the task answers, so that `Task.score` takes it.
        parts: How many parts the answer had, such as entities.
        left_out: What of it could not be used, each with the reason.
    """

    example: Example
    answer: Any
    parts: int = 1
    left_out: tuple[str, ...] = ()


class ShownExample(str):
    """An example as a language model reads it, that also knows its texts as they stand in a file.

    Args:
        shown: What the language model reads.
        texts: The texts of the example.

    Attributes:
        plain: The texts, with a blank between them: what `tfkd select` knows them by.

    >>> shown = ShownExample("Text: A fine film.", ["A fine film."])
    >>> shown == "Text: A fine film.", shown.plain
    (True, 'A fine film.')
    """

    plain: str

    def __new__(cls, shown: str, texts: Iterable[str]) -> ShownExample:
        """Make it."""
        made = super().__new__(cls, shown)
        made.plain = " ".join(texts)
        return made


class Prompted:
    """What a task asks a language model for one example. A subclass says what, and reads it.

    Args:
        task: The task, whose columns are shown and written.

    Attributes:
        wanted: A sentence on what is asked, where the user writes none; empty where only the user
            can say it.
        form: An answer as it should look like.
        tokens: How many tokens an answer has at most, where the user says nothing else.
        describes: What a class is called that the user has to describe; empty where there are none.
        told: The names of numbers that the user may give beside the sentence.
    """

    wanted: ClassVar[str] = ""
    form: ClassVar[str] = ""
    tokens: ClassVar[int] = 512
    describes: ClassVar[str] = ""
    told: ClassVar[tuple[str, ...]] = ()

    def __init__(self, task: ExampleReader) -> None:
        self.task = task

    def tell(self, numbers: Mapping[str, float]) -> Prompted:
        """Return what is asked, knowing the numbers that the user gave.

        Args:
            numbers: Those of `told`.

        Raises:
            UserError: They make no sense.
        """
        return self

    def names_of(self, labels: Sequence[str]) -> tuple[str, ...]:
        """Return what the user has to describe, given the class names that the data have.

        Args:
            labels: Those of a schema.
        """
        return tuple(labels)

    def labels_of(self, names: Sequence[str]) -> tuple[str, ...]:
        """Return the class names of a schema, given what the user described.

        Args:
            names: The names there, in their order.
        """
        return tuple(names)

    def show(self, example: Example) -> ShownExample:
        """Return an example as the language model reads it.

        Args:
            example: With a label or without.
        """
        texts = self._texts(example)
        shown = (f"{role.replace('_', ' ').capitalize()}: {texts[role]}" for role in texts)
        return ShownExample("\n\n".join(shown), texts.values())

    def row(self, example: Example, names: Sequence[str]) -> dict[str, Any]:
        """Return a labelled example as a row of a file of the task.

        Args:
            example: The example.
            names: What the user described.
        """
        columns = self.task.columns
        fields = {columns[role].default: text for role, text in self._texts(example).items()}
        return {**fields, **self.label(example, names)}

    def _texts(self, example: Example) -> dict[str, str]:
        columns = self.task.columns.items()
        return {role: example[role] for role, c in columns if c.kind == "text" and role in example}

    def schema(self, names: Sequence[str]) -> dict[str, Any]:
        """Return what an answer is, as a JSON Schema of an object.

        Args:
            names: What the user described.
        """
        raise NotImplementedError

    def read(self, found: Mapping[str, Any], example: Example, names: Sequence[str]) -> Reading:
        """Return what an answer says.

        Args:
            found: The answer, an object that has all that the schema requires.
            example: What was asked about.
            names: What the user described.

        Raises:
            ValueError: It says nothing that could be used; in a few words, why.
        """
        raise NotImplementedError

    def label(self, example: Example, names: Sequence[str]) -> dict[str, Any]:
        """Return the columns of a file that say what is right for a labelled example.

        Args:
            example: The example.
            names: What the user described.
        """
        raise NotImplementedError


def object_of(**fields: Any) -> dict[str, Any]:
    """Return the schema of an object that has just these fields.

    >>> object_of(text={"type": "string"})["required"]
    ['text']
    """
    return {**_STRICT, "properties": fields, "required": list(fields)}


def read_text(value: Any, what: str) -> str:
    """Return a value of an answer that has to be a text.

    Args:
        value: Anything.
        what: What it is called.

    Raises:
        ValueError: It is none, an empty one, or half a character.
    """
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"its {what} is {value!r:.40}")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError(f"its {what} holds half a character") from None
    return value.strip()
