"""Learn which pieces of words are worth a place in a unigram vocabulary, and their scores.

The trainer of `tokenizers` sums numbers in another order in each process, and so ends with other
pieces. Here each word counts for its likeliest pieces alone (Kudo 2018, arXiv:1804.10959, has all
of them), in whole numbers.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Mapping

from tokenizers import Tokenizer, models

_KEPT = 0.75
"""The share of pieces that one round keeps."""
_FINAL_ROUNDS = 2
_LONGEST = 16
"""Characters of a piece."""
_NEVER_SEEN = 0.5


def learn_scores(
    words: Mapping[str, int], pieces: Collection[str], alphabet: Collection[str], size: int
) -> list[tuple[str, float]]:
    """Return pieces with the logarithm of their share, the likeliest first.

    Args:
        words: How often each word occurs.
        pieces: What to choose from.
        alphabet: Characters, each of which is kept.
        size: How many pieces are kept at most, with the alphabet.
    """
    single = set(alphabet)
    pieces = {piece for piece in pieces if len(piece) <= _LONGEST} | single
    counts = _occurrences(words, pieces)
    rounds_left = _FINAL_ROUNDS
    while rounds_left:
        rounds_left -= len(pieces) <= size
        keep = max(size, int(_KEPT * len(pieces)))
        ranked = sorted(pieces, key=lambda piece: (piece not in single, -counts[piece], piece))
        pieces = {piece for piece in ranked[:keep] if counts[piece] or piece in single}
        counts = _count_likeliest(words, _scores(counts, pieces))
    return _scores(counts, {piece for piece in pieces if counts[piece] or piece in single})


def _occurrences(words: Mapping[str, int], pieces: Collection[str]) -> Counter[str]:
    """Return how often each piece stands anywhere in a word."""
    counts: Counter[str] = Counter()
    for word, count in words.items():
        for start in range(len(word)):
            for end in range(start + 1, min(start + _LONGEST, len(word)) + 1):
                if word[start:end] in pieces:
                    counts[word[start:end]] += count
    return counts


def _count_likeliest(words: Mapping[str, int], scores: list[tuple[str, float]]) -> Counter[str]:
    """Return how often each piece is one of those that a word is read by."""
    unknown = [("", 0.0), *scores]
    tokenizer = Tokenizer(models.Unigram(unknown, 0, byte_fallback=False))
    counts: Counter[str] = Counter()
    encodings = tokenizer.encode_batch(list(words), add_special_tokens=False)
    for encoding, count in zip(encodings, words.values(), strict=True):
        for piece in encoding.tokens:
            counts[piece] += count
    return counts


def _scores(counts: Counter[str], pieces: Collection[str]) -> list[tuple[str, float]]:
    """Return pieces with the logarithm of their share, by their counts and then by themselves."""
    total = sum(max(counts[piece], _NEVER_SEEN) for piece in pieces)
    ranked = sorted(pieces, key=lambda piece: (-counts[piece], piece))
    return [(piece, math.log(max(counts[piece], _NEVER_SEEN) / total)) for piece in ranked]
