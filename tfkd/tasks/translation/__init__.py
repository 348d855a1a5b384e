"""Translation: a text in another language."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np

from ...data import Column, Example, Schema
from .._base import Measure
from .._other_kinds import TRANSLATIONS
from ..generation import GenerationTask, Written
from ..generation.references import REFERENCES
from ..generation.scores import bleu, chrf, count_bleu, require_sacrebleu
from ..generation.writing_settings import LEAST_CHRF, MOST_RATIO
from .parallel_files import open_parallel
from .translation_columns import unfold


class Translation(GenerationTask):
    """A text in another language, scored by BLEU and chrF.

    >>> task = Translation()
    >>> example = task.example({"text": "a dog", "label": "ein Hund"}, "row 1")
    >>> task.score([Written("ein Hund")], [example])["chrf"]
    1.0
    """

    name = "translation"
    # Replies and summaries are right in many ways; a translation is near its reference.
    defaults: ClassVar[Mapping[str, Any]] = {
        **GenerationTask.defaults,
        LEAST_CHRF: 0.1,
        MOST_RATIO: 2.0,
    }
    own_kind = TRANSLATIONS
    hugging_face = "MTModel"
    # Without a run of four right words, BLEU says nothing.
    epochs_by = "chrf"
    layouts = "FILE,FILE of as many lines, or a folder with train.source and train.target"
    columns: ClassVar[Mapping[str, Column]] = {
        "text": Column("source", also=("src", "source_text")),
        "label": Column("target", False, "target", also=("tgt", "trg", "mt", "target_text")),
        REFERENCES: Column(REFERENCES, False, "texts", also=("extra_references",), optional=True),
    }
    measures: ClassVar[Mapping[str, Measure]] = {
        "bleu": Measure("BLEU", "points", hub="sacrebleu"),
        "chrf": Measure("chrF", "points", hub="chrf"),
    }

    def in_columns(
        self,
        fields: Mapping[str, Any],
        where: str,
        named: Mapping[str, str] = MappingProxyType({}),
    ) -> Mapping[str, Any]:
        """Return a row with both languages in columns, of one with a dict of languages.

        Raises:
            UserError: Other than two languages, where none is named.
        """
        return unfold(fields, where, named)

    def open_splits(self, path: Path) -> Mapping[str, Any] | None:
        """Return the splits of two parallel files, or of a folder of such; else None.

        Raises:
            UserError: Files of unlike lengths.
        """
        return open_parallel(path, self)

    def complete_schema(self, schema: Schema, train: Iterable[Example]) -> Schema:
        """Return the schema with how many training examples have a target.

        Raises:
            UserError: sacrebleu is not installed, or most targets are their sources.
        """
        require_sacrebleu()
        return super().complete_schema(schema, train)

    def score_texts(
        self, written: Sequence[str], references: Sequence[Sequence[str]]
    ) -> dict[str, float]:
        """Return BLEU and chrF."""
        return {**bleu(written, references), **chrf(written, references)}

    def headline_of(
        self, written: Sequence[str], references: Sequence[Sequence[str]]
    ) -> Callable[[np.ndarray], float]:
        """Return BLEU as a function of positions."""
        return count_bleu(written, references).score


__all__ = ["Translation", "Written"]
