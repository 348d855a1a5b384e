"""ROUGE-1, 2, L and Lsum (Lin 2004): F1 of words, pairs of words and common subsequences.

Equal to the package `rouge-score` without its stemmer where texts are in ASCII; other letters are
letters here, and Chinese and Japanese characters are words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from .counted_words import split_units
from .summed_counts import check_references

KINDS = ("rouge1", "rouge2", "rougeL", "rougeLsum")


def rouge(written: Sequence[str], references: Sequence[Sequence[str]]) -> dict[str, float]:
    """Return the means over all texts of ROUGE's four F1 scores.

    Args:
        written: The texts; the sentences that ROUGE-Lsum compares stand on lines of their own.
        references: What would have been right for each.

    >>> rouge(["a man in a hat"], [["a man with a hat"]])["rougeL"]
    0.8
    """
    means = rouge_by_text(written, references).mean(axis=0)
    return dict(zip(KINDS, means.tolist(), strict=True))


def rouge_by_text(written: Sequence[str], references: Sequence[Sequence[str]]) -> np.ndarray:
    """Return the four scores of each text, `[texts, 4]`, in the order of `KINDS`.

    Args:
        written: The texts.
        references: What would have been right for each; of several the best counts, for each of
            the four by itself.

    Raises:
        ValueError: References that do not belong to the texts.
    """
    check_references(written, references)
    pairs = zip(written, references, strict=True)
    best = [np.max([_score_pair(text, each) for each in right], axis=0) for text, right in pairs]
    return np.array(best, "float64")


def _score_pair(text: str, right: str) -> list[float]:
    ours, theirs = split_units(text), split_units(right)
    subsequence = _f1(_common_length(theirs, ours), len(ours), len(theirs))
    lines = [[split_units(line) for line in each.split("\n")] for each in (text, right)]
    # Of one line each, the union of the subsequences is the one that there is.
    several = any(len(each) > 1 for each in lines)
    by_lines = _f1(_common_lines(*lines), len(ours), len(theirs)) if several else subsequence
    return [_ngram_f1(ours, theirs, 1), _ngram_f1(ours, theirs, 2), subsequence, by_lines]


def _f1(shared: int, ours: int, theirs: int) -> float:
    return 2.0 * shared / (ours + theirs) if shared else 0.0


def _ngram_f1(ours: list[str], theirs: list[str], size: int) -> float:
    mine, wanted = (
        Counter(tuple(words[start : start + size]) for start in range(len(words) - size + 1))
        for words in (ours, theirs)
    )
    return _f1((mine & wanted).total(), mine.total(), wanted.total())


def _common_length(theirs: list[str], ours: list[str]) -> int:
    """Return the length of the longest common subsequence, with the bits of a whole number.

    Crochemore et al. 2001: a bit for each of their words, zero where the subsequence grows.
    """
    places: dict[str, int] = {}
    for place, word in enumerate(theirs):
        places[word] = places.get(word, 0) | 1 << place
    all_bits = (1 << len(theirs)) - 1
    row = all_bits
    for word in ours:
        found = row & places.get(word, 0)
        row = ((row + found) | (row - found)) & all_bits
    return len(theirs) - row.bit_count()


def _common_lines(ours: list[list[str]], theirs: list[list[str]]) -> int:
    """Return how many words stand in a common subsequence of any of our lines with one of theirs.

    A word counts as often as both texts have it.
    """
    left, wanted = (Counter(word for line in each for word in line) for each in (ours, theirs))
    hits = 0
    for line in theirs:
        places = sorted({place for other in ours for place in _common_places(line, other)})
        for word in (line[place] for place in places):
            if left[word] > 0 and wanted[word] > 0:
                hits += 1
                left[word] -= 1
                wanted[word] -= 1
    return hits


def _common_places(theirs: list[str], ours: list[str]) -> list[int]:
    """Return where in their line its longest common subsequence with ours stands.

    Of several, the one that `rouge-score` takes: from the end on, leaving out their words first.
    """
    lengths = [[0] * (len(ours) + 1)]
    for word in theirs:
        before, now = lengths[-1], [0]
        for place, other in enumerate(ours, 1):
            now.append(before[place - 1] + 1 if word == other else max(before[place], now[-1]))
        lengths.append(now)
    row, column, places = len(theirs), len(ours), []
    while row and column:
        if theirs[row - 1] == ours[column - 1]:
            row, column = row - 1, column - 1
            places.append(row)
        elif lengths[row][column - 1] > lengths[row - 1][column]:
            column -= 1
        else:
            row -= 1
    return places
