"""Perplexity of what was wanted: how surprised a model is by each next token, given those before.

By token it depends on the tokenizer, as a longer piece is harder to guess. By word or by byte of
the text, models with different tokenizers can be compared.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from .counted_words import split_units

if TYPE_CHECKING:
    from ....data.reader import Arrays
    from ..._measures import Run

NOT_LEARNT = -100
"""The label of a token that was given, or is padding."""
_ROWS = 32
"""Rows whose logits, one for each entry of a vocabulary, are in memory at once."""


def reference_losses(run: Run, rows: Sequence[Arrays]) -> np.ndarray:
    """Return the surprise of each row's labels in nats, and how many tokens these are, `[rows, 2]`.

    Args:
        run: A model that gives `logits` `[tokens, vocabulary]` for each row.
        rows: With `labels`, the token after each that the model has read; -100 does not count.
    """
    return np.array([pair for chunk in _chunks(rows) for pair in _losses(run, chunk)], "float64")


def _chunks(rows: Sequence[Arrays]) -> Iterator[Sequence[Arrays]]:
    return (rows[start : start + _ROWS] for start in range(0, len(rows), _ROWS))


def _losses(run: Run, rows: Sequence[Arrays]) -> list[tuple[float, int]]:
    outputs = run(rows)
    return [
        label_loss(output["logits"], np.asarray(row["labels"]))
        for output, row in zip(outputs, rows, strict=True)
    ]


def label_loss(logits: np.ndarray, labels: np.ndarray) -> tuple[float, int]:
    """Return the sum of the negative log-probabilities of labels, and how many there are.

    Args:
        logits: `[tokens, vocabulary]`.
        labels: `[tokens]`; -100 does not count.

    >>> label_loss(np.zeros((3, 4)), np.array([1, 2, -100]))
    (2.772588722239781, 2)
    """
    known = labels != NOT_LEARNT
    chosen = np.asarray(logits, "float64")[: len(labels)][known]
    chosen = chosen - chosen.max(axis=-1, keepdims=True)
    right = np.take_along_axis(chosen, labels[known][:, None], axis=-1)[:, 0]
    return float(np.sum(np.log(np.exp(chosen).sum(axis=-1)) - right)), int(known.sum())


def perplexity(losses: np.ndarray, texts: Sequence[str]) -> dict[str, float]:
    """Return the perplexity of texts by token, word and byte.

    Args:
        losses: As `reference_losses` returns them, `[texts, 2]`.
        texts: What the labels are of. The end of each counts as a word and a byte more.

    >>> found = perplexity(np.array([[math.log(8), 3]]), ["two words"])
    >>> {name: round(value, 4) for name, value in found.items()}
    {'perplexity': 2.0, 'word_perplexity': 2.0, 'byte_perplexity': 1.2311}
    """
    total, tokens = losses.sum(axis=0)
    words = sum(len(split_units(text)) + 1 for text in texts)
    size = sum(len(text.encode("utf-8")) + 1 for text in texts)
    counts = {"perplexity": tokens, "word_perplexity": words, "byte_perplexity": size}
    return {name: _exp(total / count) if count else math.nan for name, count in counts.items()}


def _exp(value: float) -> float:
    """Return e to the power of a value; infinite where that is too large for a number."""
    return math.exp(value) if value < 700 else math.inf
