"""A task of words that lives in the tests alone: which words begin with a capital letter?

What is left to a task of words, and no more: splitting, windows and joining are of the package.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from tfkd.data import IGNORE, Column, Example, Schema
from tfkd.tasks import Measure, Task
from tfkd.tasks.windows import join_windows
from tfkd.text import split_words
from tfkd.text.affixes import AFFIXES, add_affixes

LABELS = ("small", "capital")


class Capitals(Task):
    """A label for each word of a text; the answer is a tuple of them."""

    columns: ClassVar[Mapping[str, Column]] = {
        "text": Column("text"),
    }
    measures: ClassVar[Mapping[str, Measure]] = {
        "words": Measure("words right"),
        "texts": Measure("texts right"),
    }
    defaults: ClassVar[Mapping[str, Any]] = {"affixes": False, "pieces": "first"}
    features = "words"
    headline_is_mean = False

    def __init__(self, settings: Mapping[str, Any] | None = None) -> None:
        super().__init__(settings)
        ends = ("word_ends",) if self.settings["pieces"] == "mean" else ()
        affixes = tuple(AFFIXES) if self.settings["affixes"] else ()
        self.inputs = ("input_ids", "word_starts", *ends, *affixes)

    def is_labelled(self, example: Example) -> bool:
        return example.get("label", True) is not None

    def label_keys(self, example: Example) -> tuple[str, ...]:
        return ()

    def schema(self, labels: tuple[str, ...]) -> Schema:
        return Schema(LABELS, dict(self.settings))

    def with_ids(self, example: Example, ids: Mapping[str, int]) -> Example:
        return Example(example)

    def encode(
        self, examples: Sequence[Example], encoder: Any, schema: Schema
    ) -> list[list[dict[str, Any]]]:
        sentences = [split_words(example["text"]) for example in examples]
        encoded = encoder.encode_words(sentences)
        for words, rows in zip(sentences, encoded, strict=True):
            truth = truth_of(words.words)
            if self.settings["affixes"]:
                add_affixes(rows, words)
            for row in rows:
                first = row["first_word"]
                row["labels"] = truth[first : first + len(row["word_starts"])]
        return encoded

    def output_shapes(self, schema: Schema) -> dict[str, tuple[int | None, ...]]:
        return {"logits": (None, len(LABELS))}

    def answer(self, outputs: Sequence[Any], rows: Sequence[Any], schema: Schema) -> tuple:
        logits = join_windows(rows, outputs, "logits")
        return tuple(LABELS[i] for i in logits.argmax(axis=-1))

    def score(self, answers: Sequence[tuple], examples: Sequence[Example]) -> dict[str, float]:
        right = [right_words(*each) for each in zip(answers, examples, strict=True)]
        return {
            "words": float(np.mean(np.concatenate(right))),
            "texts": float(np.mean([each.all() for each in right])),
        }

    def per_example(self, answers: Sequence[tuple], examples: Sequence[Example]) -> np.ndarray:
        pairs = zip(answers, examples, strict=True)
        return np.array([right_words(*each).mean() for each in pairs])

    def line(self, answer: tuple, example: Example) -> str:
        return " ".join(answer)


def truth_of(words: Sequence[str]) -> list[int]:
    """The label of each word; -100 for signs, of which nothing is known."""
    return [int(word[0].isupper()) if word.isalpha() else IGNORE for word in words]


def right_words(answer: tuple, example: Example) -> np.ndarray:
    truth = truth_of(split_words(example["text"]).words)
    assert len(answer) == len(truth)
    known = [LABELS[t] == a for a, t in zip(answer, truth, strict=True) if t != IGNORE]
    return np.array(known, bool)
