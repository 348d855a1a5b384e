"""Retrieval by vectors: which of the texts that are there answers a question, and how well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...data import Example
from ...errors import UserError
from .._base import Measure
from ..ranking import score_queries, score_retrieval
from .vectors import Embedded, unit

MEASURES = {
    "mrr": Measure("MRR", "correlation"),
    "ndcg@10": Measure("NDCG@10", "correlation"),
    "recall@1": Measure("recall@1"),
    "recall@5": Measure("recall@5"),
    "recall@10": Measure("recall@10"),
}


@dataclass(frozen=True)
class Ranking:
    """The questions of a test set, each with its candidates.

    Attributes:
        similarities: `[questions, candidates]`, -inf where a candidate is not one of the question.
        relevant: The score of each candidate, 0 where it is not right.
        query_of: The question of each example, -1 of those that do not count.
    """

    similarities: np.ndarray
    relevant: np.ndarray
    query_of: np.ndarray

    def scores(self) -> dict[str, float]:
        """Return the means over the questions."""
        return score_retrieval(self.similarities, self.relevant)

    def by_example(self, name: str = "mrr") -> np.ndarray:
        """Return a score of each example's question, `[examples]`, NaN where there is none."""
        each = score_queries(self.similarities, self.relevant, name)
        return np.where(self.query_of >= 0, each[self.query_of], np.nan)

    def pairs_of_question(self) -> np.ndarray:
        """Return how many examples have the same question as each one, `[examples]`."""
        counts = np.bincount(self.query_of[self.query_of >= 0], minlength=len(self.relevant))
        return np.where(self.query_of >= 0, counts[self.query_of], 1)

    def mean_of_questions(self, rows: np.ndarray) -> float:
        """Return the mean MRR of the questions of some examples, each as often as it is drawn.

        Args:
            rows: Positions of examples; a question with many of them counts no more than others.
        """
        values, counts = self._mrr_and_counts
        known = rows[~np.isnan(values[rows])]
        return float(np.average(values[known], weights=1 / counts[known])) if len(known) else 0.0

    @cached_property
    def _mrr_and_counts(self) -> tuple[np.ndarray, np.ndarray]:
        return self.by_example(), self.pairs_of_question()


def rank_answers(answers: Sequence[Embedded], examples: Sequence[Example]) -> Ranking:
    """Return how well each text answers each question.

    Where some pairs have the score 0, candidates of a question are those that the data pair it
    with; where all pairs match, they are the answers to all questions. Questions without a right
    answer do not count.

    Args:
        answers: A model's vectors for each pair.
        examples: The pairs: question as `text`, answer as `text_pair`, and perhaps a `score`.

    Raises:
        UserError: No question has a right answer.
    """
    known = [i for i, each in enumerate(examples) if _gain(each) is not None]
    gains = {i: float(_gain(examples[i]) or 0.0) for i in known}
    right = {examples[i]["text"] for i in known if gains[i] > 0}
    if not right:
        raise UserError(
            "none of the questions has a right answer: give pairs that match, or a score above 0."
        )
    known = [i for i in known if examples[i]["text"] in right]
    queries, texts = (
        {text: place for place, text in enumerate(dict.fromkeys(examples[i][role] for i in known))}
        for role in ("text", "text_pair")
    )
    asked = [(queries[examples[i]["text"]], texts[examples[i]["text_pair"]]) for i in known]
    questions, candidates = (
        np.zeros((len(names), answers[known[0]].vectors.shape[-1])) for names in (queries, texts)
    )
    relevant = np.zeros((len(queries), len(texts)))
    paired = np.zeros(relevant.shape, bool)
    for i, (query, text) in zip(known, asked, strict=True):
        questions[query], candidates[text] = answers[i].vectors[:2]
        relevant[query, text] = max(relevant[query, text], gains[i])
        paired[query, text] = True
    similarities = unit(questions) @ unit(candidates).T
    if min(gains.values()) == 0:
        similarities = np.where(paired, similarities, -np.inf)
    query_of = np.full(len(examples), -1)
    query_of[known] = [query for query, _ in asked]
    return Ranking(similarities, relevant, query_of)


def _gain(example: Example) -> float | None:
    """Return how right the answer of a pair is: 1 of a pair without a score."""
    if example.get("text_pair") is None:
        return None
    return example.get("score", 1.0)


__all__ = ["MEASURES", "Ranking", "rank_answers", "score_retrieval"]
