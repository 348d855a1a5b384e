"""Token classification: the entities of a text, such as names, one tag for each word."""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ...data import IGNORE, Column, Example, Schema
from ...errors import UserError
from ...progress import logger
from ...text.affixes import AFFIXES, add_affixes
from ...text.words import FIRST_WORD, IDS, WORD_ENDS, WORD_STARTS
from .._base import Arrays, Measure
from .._marks import Mark
from ..windows import join_windows
from .decoding import decode
from .entities import Entities, Entity, mark, read_entities
from .entity_scores import count_words, f1, score_entities
from .entity_sections import by_type, kinds_of_errors, taken_for
from .example_counts import count_common, count_examples, f1_of_each, known_examples
from .prompted_entities import PromptedEntities
from .tagged_rows import (
    COLUMNS,
    TAGS,
    TEXT,
    TOKENS,
    choose_columns,
    read_example,
    text_and_places,
    words_of,
)
from .tags import PLAIN, find_scheme, find_spans, tags_of_types
from .teacher_tags import TaskOfTags
from .written_tags import (
    as_iob2,
    check_ids,
    check_scheme,
    look_at_tags,
    types_like_prefixes,
    types_of,
)

if TYPE_CHECKING:
    from ...text import Encoder

SCHEME, PIECES, WITH_AFFIXES = "scheme", "pieces", "affixes"


class TokenClassification(TaskOfTags):
    """The entities of a text, scored as the conlleval script does.

    Settings: `scheme`, how the tags of the data are written, which is found out by default;
    `pieces`, whether a model answers for the `first` piece of a word, or for the `mean` of all;
    `affixes`, whether students read how each word begins, ends and is written.

    >>> task = TokenClassification()
    >>> row = {"input_ids": [2, 7, 3], "word_starts": [1], "first_word": 0}
    >>> run = lambda rows: [{"logits": np.array([[0.0, 9.0, 0.0]])} for _ in rows]
    >>> task.answers(run, [[row]], Schema(("O", "B-PER", "I-PER")))[0].entities[0].type
    'PER'
    """

    name = "token-classification"
    columns: ClassVar[Mapping[str, Column]] = COLUMNS
    names_its_classes = True
    measures: ClassVar[Mapping[str, Measure]] = {
        "f1": Measure("entity F1", hub="f1"),
        "precision": Measure("entity precision", hub="precision"),
        "recall": Measure("entity recall", hub="recall"),
        "partial_f1": Measure("overlap F1"),
        "word_accuracy": Measure("word accuracy", hub="accuracy"),
    }
    defaults: ClassVar[Mapping[str, Any]] = {
        SCHEME: "",
        PIECES: "first",
        WITH_AFFIXES: True,
    }
    features = "words"
    # Tables of n-grams learn by heart what a teacher says of names: 2.3 points of F1 behind.
    students = ("text_cnn", "bilstm", "transformer", "bottleneck", "ngram_cnn")
    hugging_face = "ForTokenClassification"
    constant_answer = "naming no entity, or the same words of all texts"
    headline_is_mean = False
    perturbable = False
    prompted = PromptedEntities

    def __init__(self, settings: Mapping[str, Any] | None = None) -> None:
        super().__init__(settings)
        self._names: Callable[[], tuple[str, ...]] = tuple
        self._like_prefixes: frozenset[str] = frozenset()
        check_scheme(self.settings[SCHEME])
        if self.settings[PIECES] not in ("first", "mean"):
            raise UserError(
                f"the setting pieces is {self.settings[PIECES]!r}: write first or mean."
            )
        if not isinstance(self.settings[WITH_AFFIXES], bool):
            raise UserError(
                f"the setting affixes is {self.settings[WITH_AFFIXES]!r}: write true or false."
            )
        ends = (WORD_ENDS,) * (self.settings[PIECES] == "mean")
        affixes = tuple(AFFIXES) if self.settings[WITH_AFFIXES] else ()
        # What all others of the class share is theirs.
        vars(self).update(inputs=(IDS, WORD_STARTS, *ends, *affixes))

    # -- data ------------------------------------------------------------------------------

    def columns_for(
        self, fields: Collection[str] = (), named: Collection[str] = ()
    ) -> Mapping[str, Column]:
        """Return the columns of words and tags where there are some, else of text and spans."""
        return choose_columns(fields, named)

    def other_kind(self, fields: Mapping[str, Any]) -> str:
        """Return nothing for words with tags, and what other rows look like."""
        found = super().other_kind(fields)
        return "" if found.startswith("words") else found

    def example(self, fields: Mapping[str, Any], where: str) -> Example:
        """Return a row with its tags as written, None where it has none.

        Raises:
            UserError: Words, tags or spans that cannot be read.
        """
        return read_example(fields, where)

    def texts(self, example: Example) -> tuple[str, ...]:
        """Return the text, or the words with blanks between them."""
        return (text_and_places(example)[0],)

    def is_labelled(self, example: Example) -> bool:
        """Return whether the tags of an example are known."""
        return example.get(TAGS) is not None

    def with_names(self, names: Callable[[], tuple[str, ...]]) -> TokenClassification:
        """Return the task that knows what ids of tags are called, where they are listed."""
        reader = copy.copy(self)
        reader._names = names
        return reader

    def adapted(self, examples: Iterable[Example]) -> TokenClassification:
        """Return the task with the scheme in which the words of a file are tagged."""
        tags, scheme = look_at_tags(
            (e[TAGS] for e in examples if TOKENS in e and e[TAGS] is not None),
            self.settings[SCHEME],
        )
        listed = self._names() if check_ids(tags) else ()
        if listed and not self.settings[SCHEME]:
            scheme = find_scheme([listed])
        if tags and scheme not in ("IOB2", PLAIN):
            logger.info(f"tags      {scheme}, read as IOB2")
        reader = copy.copy(self)
        reader._names = lambda: listed
        reader._like_prefixes = types_like_prefixes(listed or tags, scheme)
        reader.settings = {**self.settings, SCHEME: scheme if tags else self.settings[SCHEME]}
        return reader

    def label_keys(self, example: Example) -> tuple[str, ...]:
        """Return all IOB2 tags of the types of an example; empty where it has none."""
        if not self.is_labelled(example):
            return ()
        return tags_of_types(types_of(self._iob2(example)))

    def _iob2(self, example: Example) -> tuple[str, ...]:
        """Return the tags of an example in IOB2."""
        if TOKENS not in example:
            return tuple(example[TAGS])
        return as_iob2(example[TAGS], self.settings[SCHEME], self._names(), self._like_prefixes)

    def with_ids(self, example: Example, ids: Mapping[str, int]) -> Example:
        """Return the example with its tags in IOB2."""
        tags = self._iob2(example) if self.is_labelled(example) else None
        return Example({**example, TAGS: tags})

    def schema(self, labels: tuple[str, ...]) -> Schema:
        """Return the tags in IOB2, `O` among them."""
        return Schema(labels, dict(self.settings))

    def describe_schema(self, schema: Schema) -> str:
        """Return the types of entities, and how their tags were written."""
        types = types_of(schema.labels)
        scheme = schema.settings.get(SCHEME) or "IOB2"
        read = "" if scheme == "IOB2" else f"; tags in {scheme}, read as IOB2"
        return f"{len(types)} types of entities ({', '.join(types)[:60]}){read}"

    def make_example(self, text: str, other: str) -> dict[str, Any]:
        """Return an example that is a text."""
        return {TEXT: text}

    # -- arrays ----------------------------------------------------------------------------

    def encode(
        self, examples: Sequence[Example], encoder: Encoder, schema: Schema
    ) -> list[list[Arrays]]:
        """Return the windows of each example; `labels` are the ids of tags, -100 if not known."""
        ids = {label: i for i, label in enumerate(schema.labels)}
        encoded: list[list[Arrays]] = []
        words = [words_of(example) for example in examples]
        for example, of_example, rows in zip(
            examples, words, encoder.encode_words(words), strict=True
        ):
            if self.settings[WITH_AFFIXES]:
                add_affixes(rows, of_example)
            tags = example.get(TAGS)
            for row in rows:
                first, count = row[FIRST_WORD], len(row[WORD_STARTS])
                known: Sequence[Any] = tags[first : first + count] if tags else [None] * count
                row["labels"] = [ids.get(tag, IGNORE) for tag in known]
            encoded.append(rows)
        return encoded

    def output_shapes(self, schema: Schema) -> dict[str, tuple[int | None, ...]]:
        """Return the shape of the logits: one for each word and tag."""
        return {"logits": (None, len(schema.labels))}

    # -- answers ---------------------------------------------------------------------------

    def answer(self, outputs: Sequence[Arrays], rows: Sequence[Arrays], schema: Schema) -> Entities:
        """Return the entities of one example, counted in words, from its windows' logits."""
        whole = len(rows) == 1 and WORD_STARTS not in rows[0]
        logits = outputs[0]["logits"] if whole else join_windows(rows, outputs, "logits")
        return read_entities(*decode(logits, schema.labels))

    def with_example(self, answer: Entities, example: Example) -> Entities:
        """Return the entities with what they say, and where in the text."""
        return answer.located(*text_and_places(example), in_words=TOKENS in example)

    def score(self, answers: Sequence[Entities], examples: Sequence[Example]) -> dict[str, float]:
        """Return entity F1, precision and recall, the F1 of overlaps, and the accuracy of words.

        Raises:
            UserError: None of the examples has tags.
        """
        known = known_examples(examples)
        given, truth = [answers[i] for i in known], [examples[i][TAGS] for i in known]
        words = [count_words(a.tags, tags) for a, tags in zip(given, truth, strict=True)]
        return score_entities([each.spans for each in given], list(map(find_spans, truth)), words)

    def headline(
        self, answers: Sequence[Entities], examples: Sequence[Example]
    ) -> Callable[[np.ndarray], float]:
        """Return entity F1 as a function of the positions of the examples that count."""
        counts = count_examples(answers, examples)
        return lambda rows: f1(*counts[rows].sum(axis=0))

    def per_example(self, answers: Sequence[Entities], examples: Sequence[Example]) -> np.ndarray:
        """Return the F1 of each example, `[examples]`: 1 where neither has an entity."""
        scores = f1_of_each(count_examples(answers, examples))
        known = np.array([self.is_labelled(example) for example in examples], bool)
        return np.where(known, scores, np.nan)

    def agreement(self, answers: Sequence[Entities], others: Sequence[Entities]) -> float:
        """Return the F1 between the entities of two models; 1 where neither names any."""
        counts = count_common(answers, others)
        return float(f1_of_each(counts.sum(axis=0)[None])[0])

    def chance(self, examples: Sequence[Example]) -> float | None:
        """Return 0: no entity is found by always giving the same answer."""
        return 0.0 if any(map(self.is_labelled, examples)) else None

    def confidence(self, answer: Entities, of: str | None = None) -> float | None:
        """Return the probability of all tags of the answer; 0 for another answer."""
        return answer.probability if of in (None, self.summarize(answer)) else 0.0

    def distances(self, answers: Sequence[Entities], others: Sequence[Entities]) -> np.ndarray:
        """Return 1 less the F1 between both answers, `[examples]`."""
        return 1.0 - f1_of_each(count_common(answers, others))

    def sections(self) -> Mapping[str, Callable[..., dict[str, Any]]]:
        """Return the scores by type, kinds of errors, and which type is taken for which."""
        return {"types": by_type, "errors": kinds_of_errors, "taken_for": taken_for}

    def spell_label(self, example: Example) -> str:
        """Return the entities that are there, as `summarize` does."""
        tags = example[TAGS]
        there = read_entities(tags, np.ones(len(tags)))
        return self.summarize(self.with_example(there, example))

    def summarize(self, answer: Entities) -> str:
        """Return the entities in brackets, `none` without any."""
        return " ".join(map(str, answer.entities)) or "none"

    def summary(self, answer: Entities) -> str:
        """Return the entities in brackets, each with its score."""
        found = (f"{entity} {entity.score:.4f}" for entity in answer.entities)
        return "  ".join(found) or "none"

    def line(self, answer: Entities, example: Example) -> str:
        """Return the text with its entities in brackets."""
        text, places = text_and_places(example)
        found = [
            (e.type, places[e.words[0]][0], places[e.words[1] - 1][1]) for e in answer.entities
        ]
        return " ".join(mark(text, found).split())

    def marks(self, answer: Entities, example: Example) -> list[Mark]:
        """Return the entities of a text, to be shown in it."""
        if TOKENS in example:
            return []
        found = self.with_example(answer, example).entities
        return [Mark(TEXT, e.start, e.end, e.type, e.score) for e in found]

    def to_json(self, answer: Entities) -> dict[str, Any]:
        """Return the entities as plain values."""
        return answer.to_json()


__all__ = ["Entities", "Entity", "TokenClassification"]
