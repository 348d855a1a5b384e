"""Text to text: replies, rewriting, and whatever else is a text for a text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np

from ...data import Column
from .._base import Measure
from .._other_kinds import PROMPTS
from ..generation import GenerationTask, Written
from ..generation.references import REFERENCES
from ..generation.scores import chrf, count_chrf, distinct
from .turns import join_lists


class Text2TextGeneration(GenerationTask):
    """A text for a text, such as a reply, scored by chrF and by how unlike each other replies are.

    >>> task = Text2TextGeneration()
    >>> example = task.example({"text": "How are you?", "label": "Fine."}, "row 1")
    >>> task.score([Written("Fine.")], [example])["chrf"]
    1.0
    """

    name = "text2text-generation"
    own_kind = PROMPTS
    copies_are_wrong = False
    hugging_face = "ForConditionalGeneration"
    columns: ClassVar[Mapping[str, Column]] = {
        "text": Column("input", also=("prompt", "instruction", "query", "context")),
        "label": Column(
            "target", False, "target", also=("output", "response", "completion", "reply")
        ),
        REFERENCES: Column(REFERENCES, False, "texts", also=("extra_references",), optional=True),
    }
    measures: ClassVar[Mapping[str, Measure]] = {
        "chrf": Measure("chrF", "points", hub="chrf"),
        "distinct1": Measure("distinct words"),
        "distinct2": Measure("distinct pairs of words"),
    }

    def in_columns(
        self,
        fields: Mapping[str, Any],
        where: str,
        named: Mapping[str, str] = MappingProxyType({}),
    ) -> Mapping[str, Any]:
        """Return a row whose source is one text, of one with a list of turns."""
        column = self.columns["text"]
        return join_lists(fields, {named.get("text", column.default), *column.also})

    def score_texts(
        self, written: Sequence[str], references: Sequence[Sequence[str]]
    ) -> dict[str, float]:
        """Return chrF, and the shares of different words and of different pairs of words."""
        return {**chrf(written, references), **distinct(written)}

    def headline_of(
        self, written: Sequence[str], references: Sequence[Sequence[str]]
    ) -> Callable[[np.ndarray], float]:
        """Return chrF as a function of positions."""
        return count_chrf(written, references).score


__all__ = ["Text2TextGeneration", "Written"]
