"""Sentence similarity: a vector for each text, near those of texts that mean the same."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ...data import Column, Example, Schema
from ...data.reader import PAIR
from ...errors import UserError
from .._base import EMBEDDING, Arrays, Measure, Task
from .embedding_settings import (
    DIMENSIONS,
    MATCHED,
    NONE,
    PAIRS,
    PREFIXES,
    RETRIEVAL,
    SCORED_BY,
    SIMILARITY,
    WIDTH,
    check_settings,
    describe,
    describe_pairs,
    read_prefixes,
    read_score,
    scaled,
)
from .hard_negatives import mine_negatives
from .retrieval import MEASURES, rank_answers
from .similarity_scores import closeness_to_scores, score_similarities, spearman_of, truth_of
from .text_rows import encode_texts
from .vectors import Embedded, agreement, apart, closeness, cosines

if TYPE_CHECKING:
    from ...losses._base import Objective
    from ...text import Encoder

SAME = 0.99
"""From this cosine on, two vectors of one text are the same."""


class SentenceSimilarity(Task):
    """A vector of length 1 for each text; the cosine of two says how alike they are.

    An example is one text, or a pair with perhaps a score: two rows, each of which a model reads
    by itself. Texts alone are enough to distil.

    >>> task = SentenceSimilarity()
    >>> run = lambda rows: [{"embedding": np.array(row["input_ids"])} for row in rows]
    >>> rows = [[{"input_ids": [3.0, 4.0]}, {"input_ids": [4.0, 3.0]}]]
    >>> task.answers(run, rows, Schema())[0].similarity
    0.96
    """

    name = "sentence-similarity"
    form = "regression"
    columns: ClassVar[Mapping[str, Column]] = {
        "text": Column("text", also=("sentence1", "sentence", "question", "query")),
        PAIR: Column(PAIR, also=("sentence2", "answer", "passage"), optional=True),
        "score": Column("score", False, "number", also=("similarity", "label"), optional=True),
    }
    fixed = ("labels",)
    outputs = (EMBEDDING,)
    clients = ("mediapipe",)
    defaults: ClassVar[Mapping[str, Any]] = {
        DIMENSIONS: 256,
        PREFIXES: "",
        SCORED_BY: SIMILARITY,
        "pair": False,
    }
    measures: ClassVar[Mapping[str, Measure]] = {
        "spearman": Measure("Spearman correlation", "correlation", hub="spearmanr"),
        "pearson": Measure("Pearson correlation", "correlation", hub="pearsonr"),
    }
    constant_answer = "always giving the same similarity"
    headline_is_mean = False
    # Each text of a pair is a row of its own.
    reads_pairs = False
    keeps_rows_together = True

    def __init__(self, settings: Mapping[str, Any] | None = None) -> None:
        super().__init__(settings)
        check_settings(self.settings)
        self._retrieves = self.settings[SCORED_BY] == RETRIEVAL
        if self._retrieves:
            vars(self).update(measures=MEASURES)

    # -- data ------------------------------------------------------------------------------

    def read_pairs(self) -> None:
        """Ask for two texts in each row of a file."""
        pair = Column(PAIR, also=self.columns[PAIR].also)
        vars(self).update(columns={**self.columns, PAIR: pair})

    def columns_for(
        self, fields: Collection[str] = (), named: Collection[str] = ()
    ) -> Mapping[str, Column]:
        """Return the columns of pairs where the rows are such, else that of the text alone."""
        there = {name.strip().casefold() for name in fields}
        pair = self.columns[PAIR]
        # Without fields it is a plain text, which is embedded alone whatever the file learnt from.
        asked = bool(there) and not pair.optional
        paired = PAIR in named or asked or bool(there & {pair.default, *pair.also})
        wanted = {role: c for role, c in self.columns.items() if role == "text" or paired}
        return {**wanted, **{role: self.columns[role] for role in named}}

    def example(self, fields: Mapping[str, Any], where: str) -> Example:
        """Return a text, or a pair with its score, None where that is not known.

        Raises:
            UserError: A score that is no finite number.
        """
        kept = {role: fields[role] for role in ("text", PAIR) if fields.get(role) is not None}
        if "score" not in fields or PAIR not in kept:
            return Example(kept)
        return Example({**kept, "score": read_score(where, fields["score"])})

    def texts(self, example: Example) -> tuple[str, ...]:
        """Return the text, or both of a pair."""
        return tuple(example[role] for role in ("text", PAIR) if example.get(role) is not None)

    def split_key(self, example: Example) -> str:
        """Return what decides the split: a question with all of its answers, or the texts."""
        return example["text"] if self._retrieves else super().split_key(example)

    def is_labelled(self, example: Example) -> bool:
        """Return whether both texts are known to be alike, or how much."""
        return example.get(PAIR) is not None and example.get("score", 1.0) is not None

    def can_test(self, example: Example) -> bool:
        """Return whether a teacher's vectors, or a score, say what is right."""
        return self.is_labelled(example) or "score" not in example

    def label_keys(self, example: Example) -> tuple[str, ...]:
        """Return nothing: scores are no classes."""
        return ()

    def with_ids(self, example: Example, ids: Mapping[str, int]) -> Example:
        """Return the example as it is."""
        return Example(example)

    def schema(self, labels: tuple[str, ...]) -> Schema:
        """Return the settings; there are no classes."""
        return Schema((), dict(self.settings))

    def complete_schema(self, schema: Schema, train: Iterable[Example]) -> Schema:
        """Return the schema with the width of the vectors, and what the pairs have."""
        found = {WIDTH: self.settings[DIMENSIONS], **describe_pairs(train)}
        return Schema((), {**schema.settings, **found})

    def describe_schema(self, schema: Schema) -> str:
        """Return the number of dimensions, and what is known of the texts."""
        return describe(schema.settings)

    def encode(
        self, examples: Sequence[Example], encoder: Encoder, schema: Schema
    ) -> list[list[Arrays]]:
        """Return a row for each text; `labels` are the score, 0 to 1, and the place in the pair."""
        texts = [self.texts(example) for example in examples]
        scores = [
            scaled(each.get("score", 1.0), schema.settings) if self.is_labelled(each) else None
            for each in examples
        ]
        return encode_texts(texts, scores, encoder)

    def labelled_examples(self, labels: np.ndarray) -> list[Example]:
        """Refuse arrays: a score is of two texts.

        Raises:
            UserError: Always.
        """
        raise UserError(
            "labels of this task are scores of two texts: give examples with text, text_pair and "
            "score, and no array."
        )

    # -- network -----------------------------------------------------------------------------

    def output_shapes(self, schema: Schema) -> dict[str, tuple[int | None, ...]]:
        """Return the shape of one vector; that of a teacher may be of any width."""
        return {EMBEDDING: (int(schema.settings.get(WIDTH, 0)),)}

    def align(self, theirs: Schema, ours: Schema) -> list[int] | None:
        """Return None: there are no classes whose order could differ."""
        return None

    def head(self, features: Any, schema: Schema) -> dict[str, Any]:
        """Return a vector of length 1; that of nothing at all is 0."""
        width = schema.settings.get(WIDTH, self.settings[DIMENSIONS])
        from .objectives import of_length_one

        vectors = features.embed(width, features.layer_name("vectors"))
        return {EMBEDDING: of_length_one(vectors)}

    def fit_outputs(self, outputs: dict[str, Any], schema: Schema) -> dict[str, Any]:
        """Return the first dimensions of a shrunk teacher's vectors, of length 1.

        Raises:
            UserError: The teacher has fewer than the settings ask for.
        """
        from .objectives import of_length_one

        width, vectors = schema.settings.get(WIDTH, 0), outputs[EMBEDDING]
        if vectors.shape[-1] < width:
            raise UserError(
                f"dimensions is {width}, and the teacher that is shrunk gives {vectors.shape[-1]}: "
                f"write --task-set dimensions={vectors.shape[-1]}."
            )
        return {EMBEDDING: of_length_one(vectors[:, :width])}

    def objective(
        self,
        *,
        temperature: float,
        soft_weight: float,
        alone: bool = False,
        schema: Schema | None = None,
    ) -> Objective:
        """Return the error of vectors and the distribution of similarities, of the teacher.

        Args:
            temperature: Has no meaning for vectors.
            soft_weight: Weight of the teacher, where pairs say something too.
            alone: Whether the student is trained without the teacher.
            schema: Says what the pairs have.
        """
        from .objectives import make_objective

        known = schema.settings.get(PAIRS, NONE) if schema else NONE
        contrasts = self._retrieves or known == MATCHED
        pairs = 0.0 if known == NONE and not alone else 1.0 - soft_weight
        weights = (1.0, 0.0) if alone else (pairs, soft_weight if pairs else 1.0)
        return make_objective(weights, read_prefixes(self.settings), contrasts=contrasts)

    def objective_alone(self, schema: Schema | None = None) -> Objective | None:
        """Return the loss on pairs; None of texts alone, which say nothing without a teacher."""
        if schema is not None and schema.settings.get(PAIRS, NONE) == NONE:
            return None
        return super().objective_alone(schema)

    def metrics(self) -> list:
        """Return none: the loss says it."""
        return []

    # -- answers ---------------------------------------------------------------------------

    def answer(self, outputs: Sequence[Arrays], rows: Sequence[Arrays], schema: Schema) -> Embedded:
        """Return the vectors of an example's texts."""
        return Embedded(np.stack([np.asarray(each[EMBEDDING], "float32") for each in outputs]))

    def score(self, answers: Sequence[Embedded], examples: Sequence[Example]) -> dict[str, float]:
        """Return the correlations of cosines with scores, or how well answers are found.

        Raises:
            UserError: None of the examples has a score, or two texts that match.
        """
        truth = truth_of(examples)
        known = ~np.isnan(truth)
        if not known.any():
            raise UserError(
                "none of the examples has a label, a score of two texts: there is nothing to score "
                "against but a teacher."
            )
        if self._retrieves:
            scores = rank_answers(answers, examples).scores()
            return {name: scores[name] for name in self.measures}
        return score_similarities(cosines(answers)[known], truth[known])

    def headline(
        self, answers: Sequence[Embedded], examples: Sequence[Example]
    ) -> Callable[[np.ndarray], float]:
        """Return Spearman's correlation, or MRR, as a function of the positions that count."""
        if not self._retrieves:
            return spearman_of(cosines(answers), truth_of(examples))
        return rank_answers(answers, examples).mean_of_questions

    def per_example(self, answers: Sequence[Embedded], examples: Sequence[Example]) -> np.ndarray:
        """Return 1 less the difference of cosine and score; of questions the reciprocal rank."""
        if self._retrieves and any(map(self.is_labelled, examples)):
            return rank_answers(answers, examples).by_example()
        return closeness_to_scores(cosines(answers), truth_of(examples))

    def same(self, answers: Sequence[Embedded], others: Sequence[Embedded]) -> np.ndarray:
        """Return whether two models give a text nearly the same vector, `[examples]`, bool."""
        return closeness(answers, others) >= SAME

    def agreement(self, answers: Sequence[Embedded], others: Sequence[Embedded]) -> float:
        """Return the correlation of what two models find similar among all texts."""
        return agreement(answers, others)

    def chance(self, examples: Sequence[Example]) -> float | None:
        """Return 0: a constant correlates with nothing; of rankings nothing is known."""
        return 0.0 if not self._retrieves and any(map(self.is_labelled, examples)) else None

    def distances(self, answers: Sequence[Embedded], others: Sequence[Embedded]) -> np.ndarray:
        """Return how far two models are apart, `[examples]`, from 0 to 1."""
        return apart(answers, others)

    def summarize(self, answer: Embedded) -> str:
        """Return the similarity of a pair, or the first numbers of a vector."""
        if answer.similarity is not None:
            return f"{answer.similarity:.4f}"
        first = " ".join(f"{number:.3f}" for number in answer.vectors[0][:3])
        return f"[{first} ...]"

    def summary(self, answer: Embedded) -> str:
        """Return the similarity of a pair, or the first numbers of a vector."""
        return self.summarize(answer)

    def spell_label(self, example: Example) -> str | None:
        """Return the score of a pair."""
        return f"{example.get('score', 1.0):g}"

    def to_json(self, answer: Embedded) -> dict[str, Any]:
        """Return the similarity of a pair, or the vector of a text."""
        if answer.similarity is not None:
            return {"similarity": answer.similarity}
        return {EMBEDDING: [round(float(number), 6) for number in answer.vectors[0]]}

    def typed_roles(self) -> tuple[str, ...]:
        """Return the roles of the texts that a person types in: one, or both of a pair."""
        return ("text", PAIR) if self.settings["pair"] else ("text",)


__all__ = ["Embedded", "SentenceSimilarity", "mine_negatives"]
