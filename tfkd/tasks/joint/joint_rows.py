"""Rows of several heads: the arrays that a model reads once, and the labels of each head."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from ...data import IGNORE, Example, Schema
from ...text import Encoder
from .._base import Arrays
from .heads import LABELS, Head


class _NoTokens:
    """Stands for the tokenizer where labels alone are wanted of a task."""

    pad_id = 0

    def encode_many(self, texts: Sequence[str]) -> list[list[int]]:
        return [[] for _ in texts]

    def encode_pairs(self, pairs: Sequence[Any]) -> list[tuple[list[int], list[int]]]:
        return [([], []) for _ in pairs]


def join_rows(
    heads: Sequence[Head],
    reader: Head,
    examples: Sequence[Example],
    encoder: Encoder,
    schema: Schema,
) -> list[list[Arrays]]:
    """Return the rows of each example with the labels of each head, as `labels.HEAD`.

    An example of several windows has the label of a text as a whole in the first one alone.

    Args:
        heads: All heads.
        reader: The one whose task reads the texts.
        examples: The examples.
        encoder: The tokenizer of the model that will read the rows.
        schema: What the training split fixed.
    """
    read = [reader.example(example) for example in examples]
    encoded = reader.task.encode(read, encoder, reader.schema(schema))
    joined = [
        [{name: array for name, array in row.items() if name != LABELS} for row in rows]
        for rows in encoded
    ]
    for head in heads:
        name = f"{LABELS}.{head.name}"
        pooled = head.task.features == "pooled"
        # Marks are looked for among the pieces of a real tokenizer.
        alone = pooled and not head.task.pieces
        reads = cast("Encoder", _NoTokens()) if alone else encoder
        own = encoded
        if head is not reader:
            of_head = [with_text(head, reader, e) for e in examples]
            own = head.task.encode(of_head, reads, head.schema(schema))
        for rows, labelled in zip(joined, own, strict=True):
            labels = [row[LABELS] for row in labelled]
            if pooled:
                labels = [labels[0], *[_unknown(labels[0]) for _ in rows[1:]]]
            for row, label in zip(rows, labels, strict=True):
                row[name] = label
    return joined


def with_text(head: Head, reader: Head, example: Example) -> Example:
    """Return an example as the task of a head reads it, with a text where words were given.

    Args:
        head: The head.
        reader: The one whose task reads the texts.
        example: What is known of all heads.
    """
    own = head.example(example)
    if "text" in own or "text" not in head.task.columns:
        return own
    return Example({**own, "text": reader.task.texts(reader.example(example))[0]})


def _unknown(label: Any) -> Any:
    """Return unknown labels in the place of some."""
    return np.full_like(np.asarray(label), IGNORE).tolist()


def rows_of_head(head: Head, reader: Head, rows: Sequence[list[Arrays]]) -> Sequence[list[Arrays]]:
    """Return the rows that a head's answers are read from: of several windows, the first one.

    Args:
        head: The head.
        reader: The one whose task made the rows.
        rows: Those of each example.
    """
    alone = head.task.features == "pooled" != reader.task.features
    return [example[:1] for example in rows] if alone else rows
