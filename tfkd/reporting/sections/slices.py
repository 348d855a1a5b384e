"""The accuracy of parts of the test texts: by their length, and by their label."""

from __future__ import annotations

import numpy as np

from .answers import Answers


def slices(answers: Answers) -> list[dict]:
    """Parts with the accuracy of each model, and where students most often lose."""
    return [_score(answers, *each) for each in (*by_words(answers.texts), *_by_label(answers))]


def by_words(texts: list[str]) -> list[tuple[str, str, np.ndarray]]:
    """Four parts of about as many texts, by the number of words.

    >>> [(name, part.tolist()) for _, name, part in by_words(["a", "a b", "a b c", "a b c d"])]
    [('1 words', [0]), ('2 words', [1]), ('3 words', [2]), ('4 words', [3])]
    """
    words = np.array([len(each.split()) for each in texts])
    edges = np.unique(np.quantile(words, [0.25, 0.5, 0.75]))
    of = np.searchsorted(edges, words, side="left")
    parts = (np.flatnonzero(of == each) for each in np.unique(of))
    return [("length", f"{_span(words[rows])} words", rows) for rows in parts]


def _span(words: np.ndarray) -> str:
    least, most = int(words.min()), int(words.max())
    return f"{least:,} to {most:,}" if least < most else f"{least:,}"


def _by_label(answers: Answers) -> list[tuple[str, str, np.ndarray]]:
    found = ((name, np.flatnonzero(answers.labels == i)) for i, name in enumerate(answers.classes))
    return [("label", name, rows) for name, rows in found if len(rows)]


def _score(answers: Answers, by: str, name: str, rows: np.ndarray) -> dict:
    found: dict = {"by": by, "slice": name, "texts": len(rows)}
    for model, likely in answers.both.items():
        right = int(np.sum(likely[rows].argmax(axis=1) == answers.labels[rows]))
        low, high = interval(right, len(rows))
        found[model] = {"accuracy": right / len(rows), "low": low, "high": high}
    return found


def interval(right: int, count: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927).

    >>> [round(each, 3) for each in interval(9, 10)]
    [0.596, 0.982]
    """
    z, share = 1.96, right / count
    middle = (share + z**2 / (2 * count)) / (1 + z**2 / count)
    half = z * np.sqrt(share * (1 - share) / count + z**2 / (4 * count**2)) / (1 + z**2 / count)
    return float(max(0, middle - half)), float(min(1, middle + half))
