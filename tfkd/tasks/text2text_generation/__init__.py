"""Text to text: replies, rewriting, and whatever else is a text for a text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np

from ...data import Column, Example, Schema
from .._base import Arrays, AskedModel, Measure
from .._other_kinds import PROMPTS
from ..generation import GenerationTask, Written
from ..generation.references import REFERENCES
from ..generation.scores import chrf, count_chrf, distinct
from ..generation.surprise import PERPLEXITY, add_surprise, measure_surprise
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
        **PERPLEXITY,
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

    def ask(self, model: AskedModel, rows: Sequence[list[Arrays]], schema: Schema) -> list[Written]:
        """Return what a model writes for each example, and how it takes what was wanted.

        Args:
            model: The model, with its tokenizer.
            rows: The rows of each example, as this model reads them.
            schema: Its settings say how the text is decoded.
        """
        return add_surprise(model, [row for row, *_ in rows], super().ask(model, rows, schema))

    def score(self, answers: Sequence[Written], examples: Sequence[Example]) -> dict[str, float]:
        """Return all measures of the texts, and the perplexity of what was wanted.

        Raises:
            UserError: None of the examples has a target.
        """
        return {**super().score(answers, examples), **measure_surprise(answers, examples)}

    def headline_of(
        self, written: Sequence[str], references: Sequence[Sequence[str]]
    ) -> Callable[[np.ndarray], float]:
        """Return chrF as a function of positions."""
        return count_chrf(written, references).score


__all__ = ["Text2TextGeneration", "Written"]
