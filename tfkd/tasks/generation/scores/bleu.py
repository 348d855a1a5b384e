"""BLEU by sacrebleu (Papineni et al. 2002; Post 2018, arXiv:1804.08771)."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from typing import Any

import numpy as np

from ....errors import missing_extra
from .counted_words import without_blanks
from .summed_counts import SummedCounts, check_references

_SAMPLE = 200
"""References that are looked at for their language."""


def bleu(written: Sequence[str], references: Sequence[Sequence[str]]) -> dict[str, float]:
    """Return the BLEU of all texts together, as sacrebleu counts it, from 0 to 1.

    Args:
        written: The texts.
        references: What would have been right for each.

    >>> bleu(["a man in a hat"], [["a man in a hat"]])
    {'bleu': 1.0}
    """
    return {"bleu": count_bleu(written, references).score()}


def count_bleu(written: Sequence[str], references: Sequence[Sequence[str]]) -> SummedCounts:
    """Return matches, n-grams and lengths of each text, whose sums give BLEU.

    Args:
        written: The texts.
        references: What would have been right for each; texts may have several.

    Raises:
        UserError: sacrebleu is not installed.
        ValueError: References that do not belong to the texts.
    """
    check_references(written, references)
    # Sentences need `effective_order`, or sacrebleu warns of each; counts are the same.
    metric = open_bleu(references, effective_order=True)
    found = (
        metric.sentence_score(text, list(right))
        for text, right in zip(written, references, strict=True)
    )
    by_text = [[each.sys_len, each.ref_len, *each.counts, *each.totals] for each in found]
    return SummedCounts(np.array(by_text, "int64"), _to_score)


def _to_score(sums: np.ndarray) -> float:
    from sacrebleu.metrics import BLEU

    written, wanted, *counts = sums.tolist()
    matches, totals = counts[: len(counts) // 2], counts[len(counts) // 2 :]
    score = BLEU.compute_bleu(matches, totals, written, wanted, smooth_method="exp").score
    # sacrebleu's logarithms make 100.00000000000004 of equal texts.
    return min(1.0, score / 100)


def open_bleu(references: Sequence[Sequence[str]], *, effective_order: bool = False) -> Any:
    """Return sacrebleu's metric, with words as the language of the references has them.

    Args:
        references: Some texts of the language.
        effective_order: Leave out n-grams that a text is too short for, as sentences need.

    Raises:
        UserError: sacrebleu is not installed.
    """
    require_sacrebleu()
    from sacrebleu.metrics import BLEU

    texts = "\n".join(text for each in references[:_SAMPLE] for text in each)
    # Japanese by words would need MeCab.
    words = {"zh": "zh", "ja": "char", "": "13a"}[without_blanks(texts)]
    return BLEU(tokenize=words, effective_order=effective_order)


def require_sacrebleu() -> None:
    """Refuse to begin where BLEU could not be counted at the end.

    Raises:
        UserError: sacrebleu is not installed.
    """
    if importlib.util.find_spec("sacrebleu") is None:
        raise missing_extra("sacrebleu", "generation", "BLEU")
