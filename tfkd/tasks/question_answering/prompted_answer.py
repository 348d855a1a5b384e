"""The answer to a question about a context, as a language model is asked for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...data import Example
from .._prompted import Prompted, Reading, object_of, read_text
from .right_answers import Gold, find_places
from .spans import Answer


class PromptedAnswer(Prompted):
    """The words of the context that answer a question, and which of the places where they stand."""

    wanted = (
        "Answer the question with words of the context, as short as can be, copied letter by "
        "letter. If they stand in several places, occurrence says which of them answers, from 1. "
        "If the context has no answer, the answer is empty."
    )
    form = '{"answer": "...", "occurrence": 1}'
    tokens = 256

    def schema(self, names: Sequence[str]) -> dict[str, Any]:
        """Return the schema of an object with the answer and its occurrence."""
        return object_of(answer={"type": "string"}, occurrence={"type": "integer", "minimum": 1})

    def read(self, found: Mapping[str, Any], example: Example, names: Sequence[str]) -> Reading:
        """Return the answer with its place; an empty one says that there is none.

        Raises:
            ValueError: The context does not have these words, or not as often.
        """
        if found["answer"] in ("", None):
            return Reading(Example({**example, "label": ()}), Answer("", None, None, 1.0))
        text = read_text(found["answer"], "answer")
        places = find_places(text, example["context"])
        if not places:
            raise ValueError(f"its answer {text!r:.40} is not in the context")
        occurrence = found["occurrence"]
        whole = isinstance(occurrence, int) and not isinstance(occurrence, bool)
        if not whole or not 1 <= occurrence <= len(places):
            if len(places) > 1:
                raise ValueError(
                    f"its answer {text!r:.40} is {len(places)} times in the context, and its "
                    f"occurrence is {occurrence!r:.20}"
                )
            occurrence = 1
        start = places[occurrence - 1]
        label = (Gold(text, start),)
        return Reading(
            Example({**example, "label": label}), Answer(text, start, start + len(text), 1.0)
        )

    def row(self, example: Example, names: Sequence[str]) -> dict[str, Any]:
        """Return a question as a row of a file, with its id and title where it has them."""
        known = {name: example[name] for name in ("id", "title") if name in example}
        return {**known, **super().row(example, names)}

    def label(self, example: Example, names: Sequence[str]) -> dict[str, Any]:
        """Return the column of answers: none of them where the context has no answer."""
        answers = [{"text": text, "answer_start": start} for text, start in example["label"]]
        return {"answers": answers}
