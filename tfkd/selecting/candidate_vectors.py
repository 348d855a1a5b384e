"""The vectors of all rows of a file, and which rows say the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..data.faults import Faults
from ..data.splits import hash_text
from ..errors import UserError
from ..progress import Progress
from ..runtime import Predictor
from ..text.batching import chunks
from .candidate_rows import CandidateRows
from .hashed_words import BATCH, DIMENSIONS, HashedWords, scaled


@dataclass(frozen=True)
class CandidateVectors:
    """All rows of a file, by their place in it.

    Attributes:
        vectors: `[rows, numbers]`, float32, of unit length.
        first: Whether a row is the first one with its words.
        answered: Whether its text, or one of the same words, is answered already.
        skipped: How many bad rows were left out.
    """

    vectors: np.ndarray
    first: np.ndarray
    answered: np.ndarray
    skipped: int

    def __len__(self) -> int:
        return len(self.vectors)


def vectors_of(
    rows: CandidateRows, encoder: Predictor | None, answered: set[int], progress: Progress
) -> CandidateVectors:
    """Read a file twice, and return the vectors of its rows; no text stays in memory.

    Args:
        rows: The file.
        encoder: Makes the vectors; by default words do.
        answered: Numbers of texts that are answered already.
        progress: Shows how far it is.

    Raises:
        UserError: Bad rows that nobody said to leave out.
    """
    faults = Faults(collect=True)
    with progress("words of the texts", 0) as advance:
        words = HashedWords(_texts(rows, faults, advance))
    if faults.count and (not words.texts or not rows.skip_bad):
        faults.refuse(str(rows.path), words.texts)
    if not words.texts:
        raise UserError(f"{rows.path} has no texts to choose from.")
    vectors, keys = np.zeros((0, 0), "float32"), np.zeros(words.texts, "uint64")
    known, place = np.zeros(words.texts, bool), 0
    with progress("vectors of the texts", words.texts) as advance:
        for batch in chunks(rows.read(), BATCH):
            here = slice(place, place + len(batch))
            texts = [candidate.text for candidate in batch]
            made, keys[here] = words.vectors(texts)
            if encoder is not None:
                made = _projected(encoder.embed(texts))
            if not len(vectors):
                vectors = np.zeros((words.texts, made.shape[1]), "float32")
            vectors[here] = made
            known[here] = [bool(answered) and hash_text(text, 0) in answered for text in texts]
            place += len(batch)
            advance(len(batch))
    _, firsts, groups = np.unique(keys, return_index=True, return_inverse=True)
    first = np.zeros(len(keys), bool)
    first[firsts] = True
    by_group = np.zeros(len(firsts), bool)
    by_group[groups[known]] = True
    return CandidateVectors(vectors, first, by_group[groups], faults.count)


def _texts(rows: CandidateRows, faults: Faults, advance: object) -> Iterator[str]:
    for candidate in rows.read(faults):
        advance(1)  # type: ignore[operator]
        yield candidate.text


def _projected(vectors: np.ndarray) -> np.ndarray:
    """Return vectors of unit length with at most 128 numbers, whose cosines are about the same."""
    if vectors.shape[1] > DIMENSIONS:
        drawn = np.random.default_rng(0).normal(size=(vectors.shape[1], DIMENSIONS))
        vectors = vectors @ drawn.astype("float32")
    return scaled(vectors)
