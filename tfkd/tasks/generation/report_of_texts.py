"""How answers that are texts are compared, shown and reported."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from ...data import Example, Schema
from .._base import Measure
from .references import references_of
from .scores import sentence_chrf, sign_scores
from .simple_answers import write_simply
from .written_answer import Written, alike
from .written_sections import by_source_length, faults_of, remark_faults, side_by_side


class ReportOfTexts:
    """The part of a `GenerationTask` that speaks of what models wrote."""

    measures: ClassVar[Mapping[str, Measure]]

    def score_texts(
        self, written: Sequence[str], references: Sequence[Sequence[str]]
    ) -> dict[str, float]:
        """Return all measures by name.

        Args:
            written: What a model wrote.
            references: What would have been right for each.
        """
        raise NotImplementedError

    # -- two models --------------------------------------------------------------------------

    def per_example(self, answers: Sequence[Written], examples: Sequence[Example]) -> np.ndarray:
        """Return the chrF of each text, NaN where nothing is known to be right."""
        pairs = zip(answers, references_of(examples), strict=True)
        scores = (sentence_chrf(a.text, right) if right else np.nan for a, right in pairs)
        return np.fromiter(scores, "float64", len(examples))

    def agreement(self, answers: Sequence[Written], others: Sequence[Written]) -> float:
        """Return how alike the texts of two models are: the mean chrF, 1 of equal ones."""
        return float(np.mean(alike(answers, others)))

    def distances(self, answers: Sequence[Written], others: Sequence[Written]) -> np.ndarray:
        """Return 1 less the chrF between the texts of two models, `[examples]`."""
        return 1.0 - alike(answers, others)

    def answer_simply(
        self,
        kind: str,
        examples: Sequence[Example],
        train: Sequence[Example],
        vectors: tuple[Any, Any] | None,
    ) -> list[Written]:
        """Return texts that need no model.

        Args:
            kind: One of `baselines`.
            examples: What is to be answered.
            train: The training examples with a target.
            vectors: Matrices of TF-IDF of both; `None` where the kind compares nothing.
        """
        sources = [example["text"] for example in examples]
        targets = [example["label"] for example in train]
        return list(map(Written, write_simply(kind, sources, targets, vectors)))

    # -- the report --------------------------------------------------------------------------

    def sections(self) -> Mapping[str, Callable[..., dict[str, Any]]]:
        """Return examples side by side, faults, and scores by the length of the source."""
        return {
            "written": lambda answers, examples, schema: side_by_side(*_plain(answers, examples)),
            "faults": lambda answers, examples, schema: faults_of(*_plain(answers, examples)),
            "lengths": self._by_length,
        }

    def _by_length(
        self, answers: Mapping[str, Sequence[Written]], examples: Sequence[Example], schema: Schema
    ) -> dict[str, Any]:
        key, measure = next(iter(self.measures.items()))
        return by_source_length(
            *_plain(answers, examples),
            score=lambda written, references: self.score_texts(written, references)[key],
            title=measure.title,
        )

    def remarks(
        self, answers: Mapping[str, Sequence[Written]], examples: Sequence[Example]
    ) -> list[str]:
        """Return sentences on texts that are empty, loop or copy their source."""
        return remark_faults(*_plain(answers, examples))

    def score_facts(self, examples: Sequence[Example]) -> dict[str, str]:
        """Return the signatures of the scores."""
        known = [each for each in references_of(examples) if each]
        return sign_scores(self.measures, known) if known else {}

    # -- one answer --------------------------------------------------------------------------

    def summarize(self, answer: Written) -> str:
        """Return the text on one line."""
        return " ".join(answer.text.split())

    def summary(self, answer: Written) -> str:
        """Return the text on one line."""
        return self.summarize(answer)

    def line(self, answer: Written, example: Example) -> str:
        """Return the text on one line: whoever asked knows the source."""
        return self.summarize(answer)

    def spell_label(self, example: Example) -> str | None:
        """Return what was to be written, on one line."""
        return " ".join(example["label"].split())

    def confidence(self, answer: Written, of: str | None = None) -> float | None:
        """Return the geometric mean of the probabilities of a text's tokens.

        Args:
            answer: What the model wrote.
            of: Another text, of which nothing is known.
        """
        return answer.confidence if of in (None, self.summarize(answer)) else None

    def to_json(self, answer: Written) -> dict[str, Any]:
        """Return the text, and the sum of the log-probabilities of its tokens."""
        return {"text": answer.text, "score": answer.score}


def _plain(
    answers: Mapping[str, Sequence[Written]], examples: Sequence[Example]
) -> tuple[dict[str, list[str]], list[str], list[list[str]]]:
    """Return the texts of each model, the sources, and what would have been right."""
    written = {name: [answer.text for answer in each] for name, each in answers.items()}
    return written, [example["text"] for example in examples], references_of(examples)
