"""The answer of a model of vectors: one for each text of an example. NumPy only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

SMALLEST = 1e-12
MOST = 1_000
"""Vectors that are compared with each other to tell whether two models agree."""


@dataclass(frozen=True, eq=False)
class Embedded:
    """The vectors of an example's texts, `[texts, dimensions]`, float32."""

    vectors: np.ndarray

    def __eq__(self, other: object) -> bool:
        """Return whether all numbers are the same."""
        return isinstance(other, Embedded) and np.array_equal(self.vectors, other.vectors)

    # Arrays can be changed.
    __hash__ = None  # type: ignore[assignment]

    @property
    def similarity(self) -> float | None:
        """The cosine of both texts of a pair, None of one text.

        >>> Embedded(np.array([[1.0, 0.0], [1.0, 1.0]])).similarity
        0.7071
        """
        if len(self.vectors) < 2:
            return None
        first, second = unit(self.vectors[:2])
        return round(float(first @ second), 4)


def unit(vectors: np.ndarray) -> np.ndarray:
    """Return vectors of length 1, float64; those of zeros stay zeros.

    >>> unit(np.array([[3.0, 4.0], [0.0, 0.0]])).tolist()
    [[0.6, 0.8], [0.0, 0.0]]
    """
    vectors = np.asarray(vectors, "float64")
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), SMALLEST)


def cosines(answers: Sequence[Embedded]) -> np.ndarray:
    """Return the cosine of both texts of each example, `[examples]`, NaN of single texts."""
    values = np.full(len(answers), np.nan)
    pairs = [place for place, answer in enumerate(answers) if len(answer.vectors) > 1]
    if pairs:
        both = unit(np.stack([answers[place].vectors[:2] for place in pairs]))
        values[pairs] = (both[:, 0] * both[:, 1]).sum(axis=-1)
    return values


def closeness(answers: Sequence[Embedded], others: Sequence[Embedded]) -> np.ndarray:
    """Return the cosine of two models' vectors, the least of each example, `[examples]`.

    Vectors of unlike widths have none: NaN.
    """
    found = []
    for answer, other in zip(answers, others, strict=True):
        if answer.vectors.shape != other.vectors.shape:
            found.append(np.nan)
            continue
        found.append((unit(answer.vectors) * unit(other.vectors)).sum(axis=-1).min())
    return np.array(found, "float64")


def agreement(answers: Sequence[Embedded], others: Sequence[Embedded]) -> float:
    """Return how alike two models find texts: the correlation of all their similarities.

    It needs no common space, so it compares models of any widths. With fewer than three texts
    there is nothing to correlate: 1 where the similarities are the same.

    Args:
        answers: A model's.
        others: Another model's to the same examples.
    """
    ours, theirs = (_similarities(each) for each in (answers, others))
    if len(ours) < 3 or min(ours.std(), theirs.std()) < SMALLEST:
        return float(np.allclose(ours, theirs, atol=1e-2))
    return float(np.corrcoef(ours, theirs)[0, 1])


def apart(answers: Sequence[Embedded], others: Sequence[Embedded]) -> np.ndarray:
    """Return how far two models are apart on each example, `[examples]`, 0 to 1.

    Of pairs by their similarities, of single texts by the angle of vectors of the same width, or,
    where widths differ, by what each text is similar to.
    """
    gaps = np.abs(cosines(answers) - cosines(others)) / 2
    if not np.isnan(gaps).any():
        return gaps
    close = closeness(answers, others)
    if np.isnan(close).any():
        close = _same_neighbours(answers, others)
    return np.clip(np.where(np.isnan(gaps), (1.0 - close) / 2, gaps), 0.0, 1.0)


def _same_neighbours(answers: Sequence[Embedded], others: Sequence[Embedded]) -> np.ndarray:
    """Return the correlation of each text's similarities to some others, `[examples]`."""
    some = _sample(np.arange(len(answers)))
    rows = []
    for side in (answers, others):
        vectors = unit(np.stack([answer.vectors[0] for answer in side]))
        similar = vectors @ vectors[some].T
        # Each text is equally similar to itself, whatever the model.
        similar[some, np.arange(len(some))] = np.nan
        similar -= np.nanmean(similar, axis=1, keepdims=True)
        rows.append(np.nan_to_num(similar))
    ours, theirs = rows
    sizes = np.linalg.norm(ours, axis=1) * np.linalg.norm(theirs, axis=1)
    return (ours * theirs).sum(axis=1) / np.maximum(sizes, SMALLEST)


def _sample(places: np.ndarray) -> np.ndarray:
    if len(places) <= MOST:
        return places
    return np.sort(np.random.default_rng(0).permutation(places)[:MOST])


def _similarities(answers: Sequence[Embedded]) -> np.ndarray:
    """Return the cosines of all pairs of some texts, each pair once."""
    vectors = [vector for answer in answers for vector in answer.vectors]
    some = unit(np.stack([vectors[place] for place in _sample(np.arange(len(vectors)))]))
    return (some @ some.T)[np.triu_indices(len(some), 1)]
