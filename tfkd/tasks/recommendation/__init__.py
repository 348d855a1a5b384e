"""Recommendation: which item a user likes next, from the texts of items alone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ...data import Column, Data, Example, Schema
from ...errors import UserError
from .._base import Arrays, Measure, Task
from .history_folders import open_histories
from .item_lists import check_lists, read_item, read_items
from .item_rows import ITEM, encode_examples, split_vectors
from .joined_vectors import item_texts, join_vectors
from .ranked_items import RankedItems, merge_shelves, score_rankings, user_vector
from .recommendation_settings import (
    DEFAULTS,
    DIMENSIONS,
    HISTORY,
    LENGTH,
    NEGATIVES,
    SCALE,
    check_settings,
)
from .user_histories import KNOWN, NEW

if TYPE_CHECKING:
    from ...text import Encoder


class Recommendation(Task):
    """What a user likes next, scored by its place among all items.

    An item is its text, and a user the mean of the vectors of what was liked, so that new items
    and new users need no training. A folder of ratings or interactions is split in time.

    >>> task = Recommendation()
    >>> task.example({"liked": ["Alien (1979)"], "candidates": ["Heat (1995)"]}, "row 1").liked
    ('Alien (1979)',)
    """

    name = "recommendation"
    columns: ClassVar[Mapping[str, Column]] = {
        "liked": Column("liked", kind="items"),
        "label": Column("chosen", required=False, kind="item", also=("next",)),
        "candidates": Column("candidates", kind="items"),
        "seen": Column("seen", False, "items", optional=True),
        "shelf": Column("shelf", False, "name", optional=True),
        "user": Column("user", False, "name", optional=True),
        ITEM: Column(ITEM, False, "item", optional=True),
    }
    measures: ClassVar[Mapping[str, Measure]] = {
        "ndcg@10": Measure("NDCG@10", hub="ndcg"),
        "recall@10": Measure("recall@10", hub="recall"),
        "mrr": Measure("MRR", hub="mrr"),
        "new_ndcg@10": Measure("NDCG@10, new items"),
        "new_recall@10": Measure("recall@10, new items"),
        "new_mrr": Measure("MRR, new items"),
    }
    defaults: ClassVar[Mapping[str, Any]] = DEFAULTS
    outputs = ("embedding",)
    students = ("static", "text_cnn")
    perturbable = False
    headline_is_mean = False

    def __init__(self, settings: Mapping[str, Any] | None = None) -> None:
        super().__init__(settings)
        check_settings(self.settings)

    # -- data ------------------------------------------------------------------------------

    def open_splits(self, path: Path) -> Mapping[str, Any] | None:
        """Return the splits of a folder of ratings or interactions; None of anything else.

        Raises:
            UserError: Files that do not match, or that cannot be read.
        """
        return open_histories(path, self.settings)

    def columns_for(
        self, fields: Collection[str] = (), named: Collection[str] = ()
    ) -> Mapping[str, Column]:
        """Return the columns of lists, or the only one of an item by itself."""
        if ITEM in fields and "liked" not in fields:
            return {ITEM: Column(ITEM, kind="text")}
        return {role: column for role, column in self.columns.items() if role != ITEM}

    def fields_of(self, value: Any) -> Mapping[str, Any] | None:
        """Return a plain text as an item by itself, which has a vector and ranks nothing."""
        return {ITEM: value} if isinstance(value, str) else None

    def example(self, fields: Mapping[str, Any], where: str) -> Example:
        """Return what was liked, the candidates, and which of them was chosen next.

        Raises:
            UserError: A user without history, an item without a text, or no candidates.
        """
        if ITEM in fields:
            return Example({ITEM: fields[ITEM]})
        read: dict[str, Any] = {
            role: read_items(fields[role], where, role) for role in ("liked", "candidates")
        }
        if fields.get("seen") is not None:
            read["seen"] = read_items(fields["seen"], where, "seen")
        for role in ("shelf", "user"):
            if fields.get(role) not in (None, ""):
                read[role] = str(fields[role])
        if "label" in fields:
            read["label"] = read_item(fields["label"], where, "chosen")
        check_lists(read, where)
        return Example(read)

    def texts(self, example: Example) -> tuple[str, ...]:
        """Return the item that was liked last, and the one that was chosen."""
        if ITEM in example:
            return (example[ITEM],)
        label = example.get("label")
        return (example["liked"][-1], *(() if label is None else (label,)))

    def is_labelled(self, example: Example) -> bool:
        """Return whether it is known what was liked next."""
        return example.get("label") is not None

    def label_keys(self, example: Example) -> tuple[str, ...]:
        """Return nothing: items are no classes."""
        return ()

    def with_ids(self, example: Example, ids: Mapping[str, int]) -> Example:
        """Return the example as it is."""
        return example

    def schema(self, labels: tuple[str, ...]) -> Schema:
        """Return the settings; there are no classes, and a teacher's vectors have any length."""
        return Schema((), {k: v for k, v in self.settings.items() if k != DIMENSIONS})

    def complete_schema(self, schema: Schema, train: Iterable[Example]) -> Schema:
        """Return the schema with how many numbers a student's vector has."""
        return Schema((), dict(self.settings))

    def schema_with(self, schema: Schema, encoder: Encoder) -> Schema:
        """Return the schema with how many ids an item has."""
        return Schema(schema.labels, {**schema.settings, LENGTH: encoder.max_length})

    def describe_schema(self, schema: Schema) -> str:
        """Return how many candidates a list has, and how much of a history is read."""
        return (
            f"lists of {self.settings[NEGATIVES] + 1} candidates, the last "
            f"{self.settings[HISTORY]} liked items of a user"
        )

    def labelled_examples(self, labels: np.ndarray) -> list[Example]:
        """Refuse arrays: the label is an item's text.

        Raises:
            UserError: Always.
        """
        raise UserError(
            "labels of this task are items: give examples with liked, candidates and chosen."
        )

    def encode(
        self, examples: Sequence[Example], encoder: Encoder, schema: Schema
    ) -> list[list[Arrays]]:
        """Return a row for each item, of an example to learn from one with the whole list."""
        return encode_examples(examples, encoder, self.settings[HISTORY], self.settings[NEGATIVES])

    # -- teacher ---------------------------------------------------------------------------

    def known_texts(self, data: Data) -> list[str]:
        """Return the texts of all items of a data set, which the teacher reads once."""
        return item_texts(data)

    def known_vectors(self, vectors: np.ndarray, texts: Sequence[str], data: Data) -> np.ndarray:
        """Return the teacher's vectors of all items: what users liked, beside what texts say.

        Args:
            vectors: Those of the large encoder.
            texts: The items.
            data: Whose training examples are factorised; validation examples choose the weights.
        """
        return join_vectors(vectors, texts, data, self.settings[SCALE])

    # -- network ---------------------------------------------------------------------------

    def output_shapes(self, schema: Schema) -> dict[str, tuple[int | None, ...]]:
        """Return the shape of an item's vector."""
        return {"embedding": (int(schema.settings.get(DIMENSIONS, 0)),)}

    def align(self, theirs: Schema, ours: Schema) -> list[int] | None:
        """Return None: there are no classes whose order could differ."""
        return None

    def head(self, features: Any, schema: Schema) -> dict[str, Any]:
        """Return an item's vector of unit length.

        Its last number fills up the others, which are shorter the less an item is liked by all.
        """
        from keras import ops

        free = features.project(self.settings[DIMENSIONS] - 1, "vector")
        joined = ops.concatenate([free, ops.ones_like(free[:, :1])], axis=-1)
        length = ops.sqrt(ops.sum(ops.square(joined), axis=-1, keepdims=True))
        return {"embedding": joined / length}

    def trained_model(self, model: Any, schema: Schema) -> Any:
        """Return the model of lists around the model of one item."""
        from .lists import around

        return around(
            model,
            length=int(schema.settings.get(LENGTH, 32)),
            history=self.settings[HISTORY],
            candidates=self.settings[NEGATIVES] + 1,
            scale=self.settings[SCALE],
        )

    def served_model(self, model: Any) -> Any:
        """Return the model of one item out of the model of lists."""
        from .lists import tower_of

        return tower_of(model)

    def served_example(self, example: Example) -> Example:
        """Return a list to learn from as one that is ranked: each item by itself."""
        return Example({"shelf": KNOWN, **example})

    # -- answers ---------------------------------------------------------------------------

    def answer(
        self, outputs: Sequence[Arrays], rows: Sequence[Arrays], schema: Schema
    ) -> RankedItems:
        """Return the vectors of the user and of the candidates."""
        liked, items = split_vectors(rows, [each["embedding"] for each in outputs])
        return RankedItems(user_vector(liked), items)

    def with_example(self, answer: RankedItems, example: Example) -> RankedItems:
        """Return the answer with the candidates' texts."""
        return answer.named(example)

    def score(
        self, answers: Sequence[RankedItems], examples: Sequence[Example]
    ) -> dict[str, float]:
        """Return NDCG@10, recall@10 and MRR among all items, and among those that are new.

        A kind of items that no example asks for is left out.

        Raises:
            UserError: None of the examples says what was liked next.
        """
        found = score_rankings(answers, examples)
        named = {(KNOWN, ""), (NEW, "new_")}
        return {
            f"{prefix}{name}": float(np.nanmean(found[shelf][name]))
            for shelf, prefix in sorted(named)
            for name in ("ndcg@10", "recall@10", "mrr")
            if shelf in found
        }

    def headline(
        self, answers: Sequence[RankedItems], examples: Sequence[Example]
    ) -> Callable[[np.ndarray], float]:
        """Return NDCG@10 as a function of the positions that count."""
        found = score_rankings(answers, examples)
        values = found.get(KNOWN, next(iter(found.values())))["ndcg@10"]
        return lambda rows: float(np.nanmean(values[rows]))

    def per_example(
        self, answers: Sequence[RankedItems], examples: Sequence[Example]
    ) -> np.ndarray:
        """Return the NDCG@10 of each example among the items of its shelf."""
        if not any(map(self.is_labelled, examples)):
            return np.full(len(examples), np.nan)
        return merge_shelves(score_rankings(answers, examples), "ndcg@10", len(examples))

    def summarize(self, answer: RankedItems) -> str:
        """Return the best candidate."""
        return answer.best(1)[0][0]

    def summary(self, answer: RankedItems) -> str:
        """Return the three best candidates."""
        return "; ".join(f"{text[:60]} {score:.4f}" for text, score in answer.best(3))

    def line(self, answer: RankedItems, example: Example) -> str:
        """Return the three best candidates for a user."""
        return self.summary(answer)

    def typed_roles(self) -> tuple[str, ...]:
        """Return what a person types in: items that were liked, and others, one a line."""
        return ("liked", "candidates")

    def to_json(self, answer: RankedItems) -> dict[str, Any]:
        """Return the ten best candidates with their scores."""
        return {"ranked": [{"item": text, "score": score} for text, score in answer.best()]}
