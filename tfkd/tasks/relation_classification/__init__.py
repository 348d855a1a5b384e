"""Relations: which one of several holds between two marked parts of a text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np

from ...data import Column, Example, Schema
from ...errors import UserError
from ...progress import logger
from ...text import Encoder
from .._base import Arrays, Mark, Measure
from ..text_classification import Prediction, TextClassification, label_ids, likelihoods
from ..text_classification.scores import score_probabilities
from .layouts import mark_spans
from .marked_rows import OPENINGS, MarkReader, states_at
from .marks import MARKS, check_marks, has_marks, with_pieces_of
from .relation_scores import RelationsOfClasses, count_relations, find_negative, macro_f1, micro_f1
from .relation_section import relations


class RelationClassification(TextClassification):
    """One of several relations between two marked parts of a text, scored by macro F1.

    Settings: `other`, the class of no relation, by default the one that is called so ("Other",
    "no_relation", "NA"), `-` for none; `marks`, the four marks that a teacher's tokenizer knows
    where it lacks `<e1> </e1> <e2> </e2>`, with blanks between them.

    >>> task = RelationClassification()
    >>> task.example({"text": "<e1>Smoke</e1> comes from <e2>fire</e2>."}, "row 1").text
    '<e1>Smoke</e1> comes from <e2>fire</e2>.'
    """

    name = "relation-classification"
    columns: ClassVar[Mapping[str, Column]] = {
        "text": Column("text"),
        "label": Column("relation", required=False, kind="label", also=("label",)),
    }
    measures: ClassVar[Mapping[str, Measure]] = {
        "macro_f1": Measure("macro F1 of relations", hub="f1"),
        "micro_f1": Measure("micro F1 of relations"),
        "accuracy": Measure("accuracy", hub="accuracy"),
        "log_loss": Measure("log loss", "nats", higher_is_better=False),
    }
    defaults: ClassVar[Mapping[str, Any]] = {"other": "", "marks": ""}
    pieces: ClassVar[tuple[str, ...]] = MARKS
    # What stands near a mark says most, and tables of n-grams learn a teacher's noise by heart.
    students = ("text_cnn", "bilstm", "transformer", "ngram_cnn", "bag_of_ngrams")
    clients: ClassVar[tuple[str, ...]] = ()
    two_classes_of_one_logit = False
    headline_is_mean = False

    def __init__(self, settings: Mapping[str, Any] | None = None) -> None:
        super().__init__(settings)
        if not isinstance(self.settings["other"], str):
            raise UserError(f"other is {self.settings['other']!r}; write the name of a class.")
        self._marks = MarkReader(self.settings["marks"])

    # -- data ------------------------------------------------------------------------------

    def in_columns(
        self,
        fields: Mapping[str, Any],
        where: str,
        named: Mapping[str, str] = MappingProxyType({}),
    ) -> Mapping[str, Any]:
        """Return a row with a marked text in place of one with two spans, or of words with them.

        Raises:
            UserError: Spans that cannot be marked.
        """
        return mark_spans(fields, where, named.get("text", self.columns["text"].default))

    def example(self, fields: Mapping[str, Any], where: str) -> Example:
        """Check that both parts of the text are marked.

        Raises:
            UserError: They are not.
        """
        check_marks(fields["text"], where)
        return Example(fields)

    def is_whole(self, example: Example) -> bool:
        """Return whether both parts are marked still."""
        try:
            check_marks(example["text"], "")
        except UserError:
            return False
        return True

    def check_labels(self, first_seen: Mapping[str, str]) -> None:
        """Accept all names: a comma stands within a direction."""

    def complete_schema(self, schema: Schema, train: Iterable[Example]) -> Schema:
        """Return the schema with the class of no relation.

        Raises:
            UserError: The settings name one that is none of the classes.
        """
        negative = find_negative(schema.labels, self.settings["other"])
        if schema.labels and all(name.isdecimal() for name in schema.labels):
            logger.warning(
                "the relations are numbers, so that neither their directions nor the class of no "
                "relation is known, which the scores need: list their names in a file and give it "
                "with --labels."
            )
        return Schema(schema.labels, {**schema.settings, "other": negative or "-"})

    def describe_schema(self, schema: Schema) -> str:
        """Return how many relations there are, and which class is none."""
        negative = find_negative(schema.labels, schema.settings.get("other", ""))
        count = len(RelationsOfClasses.of(schema.labels, negative).names)
        none = f", no relation is {negative!r}" if negative else ""
        return f"{len(schema.labels)} classes of {count} relations{none}"

    def make_example(self, text: str, other: str) -> dict[str, Any]:
        """Return a text whose first and last word are marked, where it has no marks."""
        words = text.split()
        if has_marks(text) or not words:
            return {"text": text}
        marked = [f"<e1>{words[0]}</e1>", *words[1:-1], f"<e2>{words[-1]}</e2>"]
        return {"text": " ".join(marked)}

    # -- arrays ----------------------------------------------------------------------------

    def tokens(self, examples: Sequence[Example], encoder: Encoder) -> list[Arrays]:
        """Return the ids of each text, of a long one those around both parts."""
        return self._marks.encode([example["text"] for example in examples], encoder)

    def schema_with(self, schema: Schema, encoder: Encoder) -> Schema:
        """Return the schema with the ids of both opening marks, where each is a piece."""
        openings = self._marks.openings(encoder)
        if not openings:
            return schema
        return Schema(schema.labels, {**schema.settings, OPENINGS: openings})

    # -- network ---------------------------------------------------------------------------

    def head(self, features: Any, schema: Schema) -> dict[str, Any]:
        """Return logits of the states at both opening marks, where the body has one a token.

        Baldini Soares et al. 2019, arXiv:1906.03158, section 3.2, "entity start". All other bodies
        read the marks like words.
        """
        openings = schema.settings.get(OPENINGS)
        if openings and features.tokens is not None:
            features = states_at(openings, features)
        return super().head(features, schema)

    # -- answers ---------------------------------------------------------------------------

    def score(self, answers: Sequence[Prediction], examples: Sequence[Example]) -> dict[str, float]:
        """Return macro and micro F1 of the relations, accuracy and log loss.

        Macro F1 is that of the official scorer of SemEval-2010 task 8: over the relations that
        occur, a wrong direction is wrong, and no relation is none.

        Raises:
            UserError: None of the examples has a label.
        """
        labels, likely = label_ids(examples), likelihoods(answers)
        plain = score_probabilities(likely, labels)
        counts = self._count(likely.argmax(axis=1)[labels >= 0], labels[labels >= 0], answers[0])
        return {
            "macro_f1": macro_f1(counts),
            "micro_f1": micro_f1(counts),
            "accuracy": plain["accuracy"],
            "log_loss": plain["log_loss"],
        }

    def headline(
        self, answers: Sequence[Prediction], examples: Sequence[Example]
    ) -> Callable[[np.ndarray], float]:
        """Return macro F1 as a function of the positions of the examples that count."""
        labels, predicted = label_ids(examples), likelihoods(answers).argmax(axis=1)

        def score(rows: np.ndarray) -> float:
            known = np.asarray(rows)[labels[rows] >= 0]
            return macro_f1(self._count(predicted[known], labels[known], answers[0]))

        return score

    def _count(
        self, predicted: np.ndarray, labels: np.ndarray, answer: Prediction
    ) -> dict[str, np.ndarray]:
        names = tuple(answer.probabilities)
        known = RelationsOfClasses.of(names, find_negative(names, self.settings["other"]))
        return count_relations(known, labels, predicted)

    def marks(self, answer: Prediction, example: Example) -> list[Mark]:
        """Return both parts of the text with their marks."""
        _, spans = with_pieces_of(example["text"], MARKS)
        return [Mark("text", start, end, f"e{n}") for n, (start, end) in enumerate(spans, 1)]

    def chance(self, examples: Sequence[Example]) -> float | None:
        """Return None: one relation for all texts is no answer to compare with."""
        return None

    def sections(self) -> Mapping[str, Callable[..., dict[str, Any]]]:
        """Return the scores of each relation and each class, confusions and calibration."""
        return {"relations": relations, **super().sections()}
