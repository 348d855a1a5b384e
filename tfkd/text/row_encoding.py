"""Texts and pairs of texts as rows of ids by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .any_encoder import Encoder
from .pair_encoding import IDS, SEGMENTS, Pair


def encode_rows(encoder: Encoder, texts: Sequence[str | Pair]) -> list[dict[str, Any]]:
    """Return the ids of each text by name, and those of pairs with their segments.

    Args:
        encoder: A tokenizer.
        texts: Single texts, or pairs; not some of either.
    """
    if texts and not isinstance(texts[0], str):
        pairs = encoder.encode_pairs(texts)  # type: ignore[arg-type]  # all are pairs
        return [{IDS: ids, SEGMENTS: segments} for ids, segments in pairs]
    return [{IDS: ids} for ids in encoder.encode_many(texts)]  # type: ignore[arg-type]  # all texts
