"""Summarization: what a text says, in a few words; subject lines and headlines too."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import ClassVar

import numpy as np

from ...data import Column
from .._base import Measure
from .._other_kinds import SUMMARIES
from ..generation import GenerationTask, Written
from ..generation.prompted_text import PromptedText
from ..generation.references import REFERENCES
from ..generation.scores import rouge, rouge_by_text
from ..generation.scores.rouge import KINDS

_BESIDE = frozenset(("id", "title", "url", "date", "split"))


class PromptedSummary(PromptedText):
    """A summary, as a language model is asked for it."""

    wanted = "Summarize the text in one short sentence, in the language of the text."


class Summarization(GenerationTask):
    """A short text for a long one, scored by ROUGE.

    >>> task = Summarization()
    >>> example = task.example({"text": "It rained all day.", "label": "rain"}, "row 1")
    >>> task.score([Written("rain")], [example])["rougeL"]
    1.0
    """

    name = "summarization"
    own_kind = SUMMARIES
    baselines = ("lead", "tfidf", "copy")
    prompted = PromptedSummary
    columns: ClassVar[Mapping[str, Column]] = {
        "text": Column("text", also=("document", "article", "dialogue", "body")),
        "label": Column("summary", False, "target", also=("highlights", "subject", "headline")),
        REFERENCES: Column(REFERENCES, False, "texts", also=("extra_references",), optional=True),
    }
    measures: ClassVar[Mapping[str, Measure]] = {
        "rougeL": Measure("ROUGE-L", "points", hub="rouge"),
        "rouge1": Measure("ROUGE-1", "points"),
        "rouge2": Measure("ROUGE-2", "points"),
        "rougeLsum": Measure("ROUGE-Lsum", "points"),
    }

    def suits(self, names: Collection[str]) -> bool:
        """Return whether a file has texts with summaries alone: reviews have stars beside them."""
        known = {each for c in self.columns.values() for each in (c.default, *c.also)}
        return "summary" in names and {name.casefold() for name in names} <= known | _BESIDE

    def score_texts(
        self, written: Sequence[str], references: Sequence[Sequence[str]]
    ) -> dict[str, float]:
        """Return ROUGE-1, 2, L and Lsum."""
        return rouge(written, references)

    def headline_of(
        self, written: Sequence[str], references: Sequence[Sequence[str]]
    ) -> Callable[[np.ndarray], float]:
        """Return ROUGE-L as a function of positions."""
        by_text = rouge_by_text(written, references)[:, KINDS.index("rougeL")]
        return lambda rows: float(by_text[rows].mean())


__all__ = ["Summarization", "Written"]
