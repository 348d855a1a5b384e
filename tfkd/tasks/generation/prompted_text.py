"""A text for a text, as a language model is asked for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...data import Example
from .._prompted import Prompted, Reading, object_of, read_text
from .references import REFERENCES
from .written_answer import Written


class PromptedText(Prompted):
    """The text that is to be written.

    It is asked for as JSON, so that what a model says beside it, or in place of it, is no target.
    """

    form = '{"text": "..."}'

    def schema(self, names: Sequence[str]) -> dict[str, Any]:
        """Return the schema of an object with a text."""
        return object_of(text={"type": "string"})

    def read(self, found: Mapping[str, Any], example: Example, names: Sequence[str]) -> Reading:
        """Return the text as the target of an example.

        Raises:
            ValueError: No text.
        """
        text = read_text(found["text"], "text")
        return Reading(Example({"text": example["text"], "label": text}), Written(text))

    def label(self, example: Example, names: Sequence[str]) -> dict[str, Any]:
        """Return the columns of the target and of further right ones."""
        more = {REFERENCES: list(example[REFERENCES])} if example.get(REFERENCES) else {}
        return {self.task.columns["label"].default: example["label"], **more}
