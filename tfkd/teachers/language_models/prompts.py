"""A question with letters for the classes, whose answer is one of the letters."""

from __future__ import annotations

import hashlib
import string
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .class_guide import ClassGuide

LETTERS = string.ascii_uppercase[:20]
"""One token each to every tokenizer; servers tell the 20 likeliest tokens."""
Message = dict[str, str]


@dataclass(frozen=True)
class Question:
    """What is asked of one text.

    Attributes:
        messages: The chat, its question last.
        options: The numbers of the classes that each letter stands for, by letter.
    """

    messages: list[Message]
    options: tuple[tuple[int, ...], ...]

    @property
    def letters(self) -> str:
        """The letters that may be answered."""
        return LETTERS[: len(self.options)]


def order_of(text: str, count: int, turn: int = 0) -> list[int]:
    """Return in which order the options of a text stand: no letter is the same class always.

    Args:
        text: Its hash draws the order, so that it is the same in every run.
        count: How many options there are.
        turn: Odd turns are the reverse of the one before, so that what a model gives the first
            letters cancels out.

    >>> order_of("a film", 4), order_of("a film", 4, 1)
    ([1, 2, 0, 3], [3, 0, 2, 1])
    """
    seed = hashlib.sha256(f"{turn // 2}\x1f{text}".encode("utf-8", "surrogatepass")).digest()
    order = np.random.default_rng(int.from_bytes(seed[:8], "little")).permutation(count).tolist()
    return order[::-1] if turn % 2 else order


def ask_for_class(guide: ClassGuide, text: str, options: Sequence[Sequence[int]]) -> Question:
    """Return the question which of some options a text belongs to.

    Args:
        guide: What the classes mean.
        text: The text.
        options: The classes that each letter stands for, in the order of the letters: one, or a
            group of them.
    """
    lines = [
        f"{letter}: {_describe(guide, classes)}"
        for letter, classes in zip(LETTERS, options, strict=False)
    ]
    task = "\n".join([guide.task, *lines, "Answer with the letter alone."])
    messages = [{"role": "system", "content": task}]
    for shown, name in guide.examples:
        letter = next(
            (i for i, each in enumerate(options) if guide.names.index(name) in each), None
        )
        if letter is not None:
            messages += [_user(shown), {"role": "assistant", "content": LETTERS[letter]}]
    return Question([*messages, _user(text)], tuple(map(tuple, options)))


def group_classes(count: int) -> list[list[int]]:
    """Return classes in groups, as few as have at most as many classes each as there are letters.

    >>> [len(group) for group in group_classes(77)], group_classes(3)
    ([20, 19, 19, 19], [[0], [1], [2]])
    """
    if count <= len(LETTERS):
        return [[number] for number in range(count)]
    groups = -(-count // len(LETTERS))
    return [part.tolist() for part in np.array_split(np.arange(count), groups)]


def _describe(guide: ClassGuide, classes: Sequence[int]) -> str:
    if len(classes) > 1:
        return "one of " + ", ".join(guide.names[number] for number in classes)
    name, description = guide.names[classes[0]], guide.descriptions[classes[0]]
    return f"{name}: {description}" if description.strip() else name


def _user(text: str) -> Message:
    return {"role": "user", "content": f"Text: {text}"}
