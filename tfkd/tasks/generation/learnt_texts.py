"""The sequence level of distillation: a student learns the texts that its teacher writes."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import ClassVar

from ...data import Example
from ...text.decoding import Decoding
from .references import references_of
from .writes_tokens import WritesTokens
from .writing_settings import CANDIDATES, LEVEL, decoding_of, lesson_rule


class LearnsTexts(WritesTokens):
    """A task whose students learn the texts that a teacher writes.

    The roles are `text`, what is read, and `label`, what is written.
    """

    learns_texts: ClassVar[bool] = True

    @property
    def level(self) -> str:
        """What a student learns of its teacher."""
        return self.settings[LEVEL]

    def source_of(self, example: Example) -> str:
        """Return what a text is written from."""
        return example["text"]

    def from_source(self, source: str) -> Example:
        """Return an example of which nothing but its source is known."""
        return Example({"text": source, "label": None})

    def decoding(self) -> Decoding:
        """Return how answers are written."""
        return decoding_of(self.settings)

    def lesson_decoding(self) -> Decoding:
        """Return how a teacher writes its candidates: by as many beams, unless it draws."""
        decoding = self.decoding()
        if decoding.temperature:
            return decoding
        return dataclasses.replace(decoding, beams=max(decoding.beams, self.settings[CANDIDATES]))

    def lessons_of(
        self, example: Example, texts: Sequence[str], *, known: bool = True
    ) -> tuple[list[Example], str]:
        """Return what a student learns from an example, and what became of the teacher's text.

        Args:
            example: The example.
            texts: What the teacher wrote for it, the likeliest first.
            known: Whether the right text may be looked at.
        """
        (references,) = references_of([example]) if known else ([],)
        chosen, fate = lesson_rule(self.settings).choose(texts, references)
        return [Example({"text": example["text"], "label": text}) for text in chosen], fate
