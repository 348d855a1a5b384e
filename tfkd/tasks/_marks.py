"""A part of a text that an answer speaks of, such as a name or the answer to a question."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mark:
    """A span of one text of an example.

    Attributes:
        role: The text's role, such as `text` or `context`.
        start: Its first character, counted in the text as it was given.
        end: One past its last character.
        label: What it is called; empty where there is nothing to say.
        score: How probable it is, or `None`.
    """

    role: str
    start: int
    end: int
    label: str = ""
    score: float | None = None
