"""What a task knows that writes: what a teacher reads, and what a student learns of its texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from ..data import Example
from ..text.decoding import Decoding
from ._task_rows import TaskRows


class TaskLessons(TaskRows):
    """The part of a `Task` that is asked where `learns_texts` says so."""

    learns_texts: ClassVar[bool] = False
    "Whether a text is written from another one, so that students may learn what a teacher writes."
    kept_logits: ClassVar[int] = 0
    "How many logits of each token are stored, with the mass of the others; 0 stores all."

    @property
    def level(self) -> str:
        """What a student learns of its teacher: `auto`, `word`, `sequence` or `both`.

        By word it learns how likely each token is to the teacher, by sequence the texts that the
        teacher writes; a task that does not write has words alone.
        """
        return "word"

    def source_of(self, example: Example) -> str:
        """Return what a text is written from."""
        raise NotImplementedError

    def from_source(self, source: str) -> Example:
        """Return an example of which nothing but its source is known."""
        raise NotImplementedError

    def decoding(self) -> Decoding:
        """Return how answers are written."""
        raise NotImplementedError

    def lesson_decoding(self) -> Decoding:
        """Return how a teacher writes what its student learns from."""
        raise NotImplementedError

    def lessons_of(
        self, example: Example, texts: Sequence[str], *, known: bool = True
    ) -> tuple[list[Example], str]:
        """Return what a student learns from an example, and what became of the teacher's text.

        Args:
            example: The example.
            texts: What the teacher wrote for it, the likeliest first.
            known: Whether the right text may be looked at.
        """
        raise NotImplementedError
