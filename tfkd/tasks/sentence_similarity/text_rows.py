"""Texts as rows of a model: each text is one, and its labels say with which other it is paired."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...data import IGNORE
from ...text import Encoder
from ...text.row_encoding import encode_rows
from .._base import Arrays

PLACES = (1.0, 2.0)
"""The places of a pair's texts, in their labels."""


def encode_texts(
    texts: Sequence[Sequence[str]], scores: Sequence[float | None], encoder: Encoder
) -> list[list[Arrays]]:
    """Return the rows of each example, whose `labels` are the score of a pair and the place in it.

    Args:
        texts: The text, or both, of each example.
        scores: From 0 to 1; None of texts alone, and where it is not known.
        encoder: The tokenizer of the model that will read the rows.
    """
    rows = iter(encode_rows(encoder, [text for each in texts for text in each]))
    encoded = []
    for each, score in zip(texts, scores, strict=True):
        labels = [[IGNORE, IGNORE] if score is None else [score, place] for place in PLACES]
        encoded.append(
            [{**next(rows), "labels": np.array(label, "float32")} for label in labels[: len(each)]]
        )
    return encoded
