"""A task of nobody's: is the number of letters of a text even or odd? Two rows an example.

It lives in the tests alone, and goes the whole way: so nothing outside of a task knows a task.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from tfkd.data import Column, Example, Schema
from tfkd.tasks import Measure, Task

LABELS = ("even", "odd")


class Parity(Task):
    """The parity of both halves of a text; the answer is a tuple of both."""

    columns: ClassVar[Mapping[str, Column]] = {"text": Column("text")}
    measures: ClassVar[Mapping[str, Measure]] = {
        "both": Measure("both halves right"),
        "halves": Measure("halves right"),
    }
    defaults: ClassVar[Mapping[str, Any]] = {"least": 0}
    students = ("text_cnn", "bag_of_ngrams")

    def is_labelled(self, example: Example) -> bool:
        return len(example["text"]) >= self.settings["least"]

    def label_keys(self, example: Example) -> tuple[str, ...]:
        return ()

    def schema(self, labels: tuple[str, ...]) -> Schema:
        return Schema(LABELS, dict(self.settings))

    def with_ids(self, example: Example, ids: Mapping[str, int]) -> Example:
        return Example(example)

    def encode(
        self, examples: Sequence[Example], encoder: Any, schema: Schema
    ) -> list[list[dict[str, Any]]]:
        halves = [half for example in examples for half in halves_of(example["text"])]
        rows = [
            {"input_ids": ids, "labels": len(half) % 2}
            for ids, half in zip(encoder.encode_many(halves), halves, strict=True)
        ]
        return [rows[i : i + 2] for i in range(0, len(rows), 2)]

    def answer(self, outputs: Sequence[Any], rows: Sequence[Any], schema: Schema) -> tuple:
        return tuple(schema.labels[int(np.argmax(each["logits"]))] for each in outputs)

    def score(self, answers: Sequence[tuple], examples: Sequence[Example]) -> dict[str, float]:
        right = np.array([right_halves(a, e) for a, e in zip(answers, examples, strict=True)])
        return {"both": float((right == 2).mean()), "halves": float(right.mean() / 2)}

    def per_example(self, answers: Sequence[tuple], examples: Sequence[Example]) -> np.ndarray:
        right = [right_halves(a, e) for a, e in zip(answers, examples, strict=True)]
        return (np.array(right) == 2).astype(float)


def halves_of(text: str) -> tuple[str, str]:
    """The text in two; each half has a letter at least."""
    middle = max(1, len(text) // 2)
    return text[:middle], text[middle:] or "."


def right_halves(answer: tuple, example: Example) -> int:
    truth = [LABELS[len(half) % 2] for half in halves_of(example["text"])]
    return sum(a == b for a, b in zip(answer, truth, strict=True))
