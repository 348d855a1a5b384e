"""Question answering: the words of a context that answer a question, or that none do."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ...data import Column, Example, Schema
from ...errors import UserError
from ...text.words import NO_CELL
from .._base import Arrays, Measure, Task
from .._marks import Mark
from .answer_settings import LONGEST, METHOD, NO_ANSWER, SNAPPED, SPANS, THRESHOLD, check_settings
from .prompted_answer import PromptedAnswer
from .question_section import by_question, score_example
from .right_answers import Gold, read_answers
from .spans import Answer, decode
from .squad_scores import score_answer
from .teacher_windows import logits_for_rows
from .thresholds import choose_threshold
from .windows_of_context import encode_questions, find_words, is_snapped

if TYPE_CHECKING:
    from ...text import Encoder

ARTICLES = 20
"""From so many different titles on, a file is cut into splits by title, else by context."""
NONE = "no answer"
"""How an empty answer is shown."""
_AROUND = 30


class QuestionAnswering(Task):
    """The part of a context that answers a question, with its place in the context.

    The logits are `[2, cells]`: one distribution for the start of the answer and one for its end,
    over "no answer" and the words of a window of the context.

    >>> task = QuestionAnswering()
    >>> row = task.example({"question": "Who won?", "context": "Ann won.", "label": "Ann"}, "row 1")
    >>> row.label
    (Gold(text='Ann', start=0),)
    """

    name = "question-answering"
    columns: ClassVar[Mapping[str, Column]] = {
        "question": Column("question"),
        "context": Column("context"),
        "label": Column("answers", required=False, kind="spans", also=("answer",)),
        "start": Column(*("answer_start", False, "number"), also=("start",), optional=True),
        "impossible": Column("is_impossible", False, "number", optional=True),
        "id": Column("id", False, "name", optional=True),
        "title": Column("title", False, "name", optional=True),
    }
    inputs = ("input_ids", "token_type_ids", "word_starts")
    fixed = ("labels",)
    measures: ClassVar[Mapping[str, Measure]] = {
        "f1": Measure("F1", hub="f1"),
        "exact_match": Measure("exact match", hub="exact_match"),
    }
    defaults: ClassVar[Mapping[str, Any]] = {LONGEST: 30, SPANS: 5, METHOD: "auto"}
    features = "words"
    students = ("transformer", "bilstm", "text_cnn")
    hugging_face = "ForQuestionAnswering"
    constant_answer = "always saying that there is no answer"
    tunes = True
    reads_pairs = True
    prompted = PromptedAnswer

    def __init__(self, settings: Mapping[str, Any] | None = None) -> None:
        super().__init__(settings)
        check_settings(self.settings)
        self._by_title = False

    # -- data ------------------------------------------------------------------------------

    def example(self, fields: Mapping[str, Any], where: str) -> Example:
        """Return a question with its context and a tuple of its right answers.

        Raises:
            UserError: Answers that cannot be read, or that the context does not have.
        """
        known = {name: fields[name] for name in ("id", "title") if fields.get(name) is not None}
        texts = {name: fields[name] for name in ("question", "context")}
        if "label" not in fields and "impossible" not in fields:
            return Example({**texts, **known})
        return Example({**texts, "label": read_answers(fields, where), **known})

    def other_kind(self, fields: Mapping[str, Any]) -> str:
        """Return what a row looks like that has no question about a context, or nothing."""
        names = {name.strip().casefold() for name in fields}
        asked = "question" in names or any(isinstance(each, dict) for each in fields.values())
        return "" if asked else super().other_kind(fields)

    def adapted(self, examples: Iterable[Example]) -> QuestionAnswering:
        """Return the task, which keeps articles together where a file has many."""
        reader, titles = copy.copy(self), set()
        for example in examples:
            # Any value may be a title, a list too.
            titles.add(str(example.get("title")))
            if len(titles) > ARTICLES:
                reader._by_title = True
                break
        return reader

    def split_key(self, example: Example) -> str:
        """Return the title or the context: all questions about it are in one split."""
        title = example.get("title") if self._by_title else None
        return str(title or example["context"])

    def is_labelled(self, example: Example) -> bool:
        """Return whether the right answers are known; none at all may be right."""
        return example.get("label") is not None

    def label_keys(self, example: Example) -> tuple[str, ...]:
        """Return nothing: words are no classes."""
        return ()

    def with_ids(self, example: Example, ids: Mapping[str, int]) -> Example:
        """Return the example as it is, with None where it has no label."""
        return Example({**example, "label": example.get("label")})

    def schema(self, labels: tuple[str, ...]) -> Schema:
        """Return the settings; there are no classes."""
        return Schema((), {**self.settings, NO_ANSWER: False})

    def complete_schema(self, schema: Schema, train: Iterable[Example]) -> Schema:
        """Return the schema with whether questions may have no answer, and how many are snapped."""
        impossible = snapped = 0
        for example in filter(self.is_labelled, train):
            impossible += not example["label"]
            words = find_words(example["context"])
            snapped += any(is_snapped(Gold(*gold), words) for gold in example["label"][:1])
        found = {NO_ANSWER: impossible > 0, SNAPPED: snapped}
        return Schema(schema.labels, {**schema.settings, **found})

    def describe_schema(self, schema: Schema) -> str:
        """Return whether questions may have no answer, and how many answers end within words."""
        some = "an answer or none" if schema.settings.get(NO_ANSWER) else "an answer to each"
        snapped = schema.settings.get(SNAPPED, 0)
        cut = f"; {snapped:,} right answers cut a word, and are learnt as whole words"
        return some + (cut if snapped else "")

    def labelled_examples(self, labels: np.ndarray) -> list[Example]:
        """Refuse arrays: an answer is text of a context.

        Raises:
            UserError: Always.
        """
        raise UserError(
            "labels of this task are answers in a context: give examples with question, context "
            "and answers, and no array."
        )

    def encode(
        self, examples: Sequence[Example], encoder: Encoder, schema: Schema
    ) -> list[list[Arrays]]:
        """Return the windows of each context behind its question; `labels` are two cells."""
        return encode_questions(examples, encoder)

    def output_shapes(self, schema: Schema) -> dict[str, tuple[int | None, ...]]:
        """Return the shape of start and end over the cells of a row."""
        return {"logits": (2, None)}

    def align(self, theirs: Schema, ours: Schema) -> list[int] | None:
        """Return None: there are no classes whose order could differ."""
        return None

    def outputs_for_rows(
        self, rows: Sequence[Arrays], teacher_rows: Sequence[Arrays], outputs: Sequence[Arrays]
    ) -> list[Arrays]:
        """Return a teacher's logits for each window of a student, word for word."""
        return logits_for_rows(rows, teacher_rows, outputs)

    # -- network -----------------------------------------------------------------------------

    def head(self, features: Any, schema: Schema) -> dict[str, Any]:
        """Return start and end logits `[batch, 2, cells]`, far below all others at padding."""
        from keras import ops

        logits = ops.transpose(features.project(2, "spans"), (0, 2, 1))
        starts = features.words["word_starts"]
        return {"logits": ops.where(ops.expand_dims(starts, 1) >= 0, logits, NO_CELL)}

    # -- answers ---------------------------------------------------------------------------

    def answer(self, outputs: Sequence[Arrays], rows: Sequence[Arrays], schema: Schema) -> Answer:
        """Return the best span of all windows of an example, or that there is no answer."""
        settings = {**self.settings, **schema.settings}
        threshold = settings.get(THRESHOLD, 0.0) if settings.get(NO_ANSWER) else None
        return decode(
            outputs, rows, threshold=threshold, longest=settings[LONGEST], count=settings[SPANS]
        )

    def tune(
        self, answers: Sequence[Answer], examples: Sequence[Example], schema: Schema
    ) -> Schema:
        """Return the schema with the threshold for "no answer" of the greatest F1."""
        if not schema.settings.get(NO_ANSWER):
            return schema
        threshold = choose_threshold(answers, examples, self.settings[METHOD])
        return Schema(schema.labels, {**schema.settings, THRESHOLD: threshold})

    def score(self, answers: Sequence[Answer], examples: Sequence[Example]) -> dict[str, float]:
        """Return F1 and exact match, as the official scripts count them.

        Raises:
            UserError: None of the examples has a label.
        """
        scores = self._scores(answers, examples)
        known = scores[~np.isnan(scores).any(axis=1)]
        if not len(known):
            raise UserError("none of the examples has a label: give answers to score against.")
        exact, f1 = known.mean(axis=0).tolist()
        return {"f1": f1, "exact_match": exact}

    def per_example(self, answers: Sequence[Answer], examples: Sequence[Example]) -> np.ndarray:
        """Return the F1 of each answer, `[examples]`."""
        return self._scores(answers, examples)[:, 1]

    def _scores(self, answers: Sequence[Answer], examples: Sequence[Example]) -> np.ndarray:
        method = self.settings[METHOD]
        scores = [
            score_example(answer, example, method) if self.is_labelled(example) else (np.nan,) * 2
            for answer, example in zip(answers, examples, strict=True)
        ]
        return np.array(scores, "float64").reshape(-1, 2)

    def same(self, answers: Sequence[Answer], others: Sequence[Answer]) -> np.ndarray:
        """Return whether two models name the same characters, `[examples]`, bool."""
        pairs = zip(answers, others, strict=True)
        return np.array([(a.start, a.end) == (b.start, b.end) for a, b in pairs], bool)

    def agreement(self, answers: Sequence[Answer], others: Sequence[Answer]) -> float:
        """Return the mean F1 between the answers of two models."""
        return float(np.mean(1.0 - self.distances(answers, others)))

    def distances(self, answers: Sequence[Answer], others: Sequence[Answer]) -> np.ndarray:
        """Return 1 less the F1 between the answers of two models, `[examples]`."""
        method = self.settings[METHOD]
        alike = [
            score_answer(a.text, [b.text] if b.text else [], a.text + b.text, method)[1]
            for a, b in zip(answers, others, strict=True)
        ]
        return 1.0 - np.array(alike, "float64")

    def chance(self, examples: Sequence[Example]) -> float | None:
        """Return the share of questions without an answer."""
        known = [not each["label"] for each in examples if self.is_labelled(each)]
        return float(np.mean(known)) if known else None

    def summarize(self, answer: Answer) -> str:
        """Return the text of an answer, `no answer` without one."""
        return " ".join(answer.text.split()) or NONE

    def confidence(self, answer: Answer, of: str | None = None) -> float | None:
        """Return the probability of an answer, or of another one if it is among the best."""
        if of is None or of == self.summarize(answer):
            return answer.score
        return next((s.score for s in answer.spans if " ".join(s.text.split()) == of), 0.0)

    def sections(self) -> Mapping[str, Callable[..., dict[str, Any]]]:
        """Return the scores by the word that asks and by the length of the answer."""
        return {"questions": by_question}

    def summary(self, answer: Answer) -> str:
        """Return the text of an answer with its probability."""
        return f"{self.summarize(answer)} {answer.score:.4f}"

    def line(self, answer: Answer, example: Example) -> str:
        """Return an answer with what stands around it in the context, marked by brackets."""
        if answer.start is None or answer.end is None:
            return f"{self.summary(answer)}  {' '.join(example['context'].split())[:80]}"
        context, before = example["context"], max(0, answer.start - _AROUND)
        after = context[answer.end : answer.end + _AROUND]
        marked = f"{context[before : answer.start]}[{answer.text}]{after}"
        return f"{self.summary(answer)}  {' '.join(marked.split())}"

    def marks(self, answer: Answer, example: Example) -> list[Mark]:
        """Return where the answer is in the context."""
        if answer.start is None or answer.end is None:
            return []
        return [Mark("context", answer.start, answer.end, score=answer.score)]

    def to_json(self, answer: Answer) -> dict[str, Any]:
        """Return the answer, its place and probability, and the next best spans."""
        return {
            "answer": answer.text,
            "start": answer.start,
            "end": answer.end,
            "score": answer.score,
            "no_answer": answer.no_answer,
            "alternatives": [span.to_json() for span in answer.alternatives],
        }
