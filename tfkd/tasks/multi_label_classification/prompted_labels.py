"""All labels of a text, as a language model is asked for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...data import Example
from .._prompted import Prompted, Reading, object_of
from .answering import LabelSet


class PromptedLabels(Prompted):
    """A list of labels, which may be empty."""

    wanted = "Which of the labels does the text have? It may have several, or none."
    form = '{"labels": ["..."]}'
    tokens = 256
    describes = "label"

    def schema(self, names: Sequence[str]) -> dict[str, Any]:
        """Return the schema of a list of labels."""
        each = {"type": "string", "enum": list(names)}
        return object_of(labels={"type": "array", "items": each})

    def read(self, found: Mapping[str, Any], example: Example, names: Sequence[str]) -> Reading:
        """Return an example with the labels that are known.

        Raises:
            ValueError: No list, or none of its labels is known.
        """
        named = found["labels"]
        if not isinstance(named, list):
            raise ValueError(f"its labels are {named!r:.40}")
        unknown = [f"the unknown label {each!r:.40}" for each in named if each not in names]
        if unknown and len(unknown) == len(named):
            # It would else be a text without labels.
            raise ValueError(f"it names {unknown[0]}")
        ids = tuple(sorted({names.index(each) for each in named if each in names}))
        chosen = {name: float(number in ids) for number, name in enumerate(names)}
        answer = LabelSet(tuple(name for name in names if chosen[name]), chosen)
        return Reading(Example({**example, "label": ids}), answer, len(named), tuple(unknown))

    def label(self, example: Example, names: Sequence[str]) -> dict[str, Any]:
        """Return the column of labels."""
        return {"label": [names[number] for number in example["label"]]}
