"""Search texts by their vectors: NumPy, in memory, one file on the disk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import UserError
from ..files import replace_when_whole
from .index_files import check_entries, read_index, write_index

if TYPE_CHECKING:
    from .predictor import Predictor, Value

SCORES = 2**24  # numbers that are held at once, while many are searched
UNIT = 1e-5  # how far a length may be off 1 by rounding


class Index:
    """Vectors of texts, and what is known of each text, to be searched by cosine.

    A search compares with every vector: 100,000 of 256 numbers take 102 MB and a few milliseconds.
    For many millions, give the vectors to a database, as docs/how-to/search.md shows.

    Attributes:
        vectors: `[texts, dimensions]`, float32, each of unit length.
        entries: What is known of each text: any JSON values.
        model: The digest of the file that made the vectors; empty where it is not known.

    Args:
        vectors: One for each entry; they need not have unit length.
        entries: Any JSON values, such as the texts, or dicts with their answers.
        model: `Predictor.digest` of the file that made the vectors, or empty.

    Raises:
        UserError: No vectors, NaN in them, another number of entries, or entries that are no JSON.

    >>> index = Index([[1.0, 0.0], [0.0, 2.0]], ["east", "north"])
    >>> scores, places = index.search([[0.0, 1.0]], k=1)
    >>> index.entries[places[0, 0]], float(scores[0, 0])
    ('north', 1.0)
    """

    def __init__(self, vectors: Any, entries: Sequence[Any], *, model: str = "") -> None:
        self.vectors = scale_to_unit(vectors, "the vectors of an index")
        if not self.vectors.size:
            raise UserError("an index of no vectors came: give at least one text.")
        self.entries = check_entries(entries, len(self.vectors))
        self.model = model

    def __len__(self) -> int:
        return len(self.vectors)

    @property
    def dimensions(self) -> int:
        """How many numbers each vector has."""
        return int(self.vectors.shape[1])

    @classmethod
    def of(
        cls, predictor: Predictor, texts: Sequence[Value], entries: Sequence[Any] | None = None
    ) -> Index:
        """Make the index of texts with an exported file.

        Args:
            predictor: An opened file that gives vectors.
            texts: What is found: at least one word each.
            entries: What is known of each text; by default the texts themselves.

        Raises:
            UserError: A text without words, another number of entries, a file of another task.
        """
        texts = list(texts)
        entries = check_entries(texts if entries is None else entries, len(texts))
        return cls(predictor.embed(texts), entries, model=predictor.digest)

    def check(self, predictor: Predictor) -> None:
        """Refuse a file whose vectors are not those of this index.

        Raises:
            UserError: The vectors were made by another file, or have other dimensions.
        """
        if self.model and self.model != predictor.digest:
            raise UserError(
                f"the index was made with the file {self.model}, and {predictor.path} is "
                f"{predictor.digest}: search with the file that made it, or make the index again."
            )

    def search(self, vectors: Any, k: int = 10) -> tuple[np.ndarray, np.ndarray]:
        """Return the cosines and the places of the `k` nearest vectors, the nearest first.

        Of equally near ones the first in the index comes first.

        Args:
            vectors: What to search, `[searched, dimensions]`, as `Predictor.embed` gives it.
            k: How many to find of each.

        Returns:
            Cosines `[searched, k]`, float32, and places in `entries` `[searched, k]`, int64.

        Raises:
            UserError: Vectors of other dimensions or with NaN, or more than the index has.
        """
        vectors = scale_to_unit(vectors, "the vectors to search", self.dimensions)
        if not isinstance(k, (int, np.integer)) or not 1 <= k <= len(self):
            raise UserError(f"k is {k!r}: write a number from 1 to {len(self)}, the index's size.")
        scores = np.zeros((len(vectors), k), np.float32)
        places = np.zeros((len(vectors), k), np.int64)
        for rows in _blocks(len(vectors), max(1, SCORES // len(self))):
            cosines = vectors[rows] @ self.vectors.T
            for row, of_one in zip(range(rows.start, rows.stop), cosines, strict=True):
                places[row] = find_greatest(of_one, k)
                scores[row] = of_one[places[row]]
        return scores, places

    def save(self, path: str | Path) -> Path:
        """Write the index to one file, which has its name once it is whole and was read again.

        Args:
            path: The file; what was there stays until then.

        Raises:
            UserError: No such folder.
        """
        path = Path(path)
        if path.is_dir() or not path.parent.is_dir():
            raise UserError(f"{path}: there is no folder {path.parent}, or this is one.")
        with replace_when_whole(path) as part:
            write_index(part, self.vectors, self.entries, self.model)
            read_index(part)
        return path

    @classmethod
    def load(cls, path: str | Path) -> Index:
        """Read an index that `save` wrote.

        Raises:
            UserError: No such file, another one, or a damaged one.
        """
        vectors, entries, model = read_index(Path(path))
        try:
            return cls(vectors, entries, model=model)
        except UserError as error:
            raise UserError(f"{path} is damaged ({error}): make the index again.") from error


def scale_to_unit(vectors: Any, what: str, dimensions: int = 0) -> np.ndarray:
    """Return vectors with unit length, float32; zeros stay zeros.

    Args:
        vectors: `[texts, dimensions]`.
        what: What to call them in an error.
        dimensions: How many numbers each has to have; 0 for any.

    Raises:
        UserError: They are of another shape, no numbers, or not finite.

    >>> scale_to_unit([[3, 4], [0, 0]], "vectors").round(2).tolist()
    [[0.6000000238418579, 0.800000011920929], [0.0, 0.0]]
    """
    try:
        array = np.asarray(vectors, np.float32)
    except (TypeError, ValueError) as error:
        raise UserError(f"{what} are no numbers of equal count: give an array.") from error
    if array.size == 0 and array.ndim <= 2:
        return np.zeros((0, dimensions or (array.shape[-1] if array.ndim == 2 else 0)), np.float32)
    if array.ndim != 2 or (dimensions and array.shape[1] != dimensions):
        raise UserError(
            f"{what} have the shape {list(array.shape)}: give [texts, {dimensions or 'dimensions'}]"
            ", as predictor.embed(texts) returns them."
        )
    if not np.isfinite(array).all():
        row = int(np.flatnonzero(~np.isfinite(array).all(axis=1))[0])
        raise UserError(f"{what} have NaN or infinity in row {row}: leave that row out.")
    # In float64, where squares of large numbers stay finite.
    lengths = np.sqrt(np.einsum("ij,ij->i", array, array, dtype=np.float64))[:, None]
    near = (abs(lengths - 1.0) < UNIT) | (lengths == 0)
    # What has unit length stays as it is, so that an index that was saved answers as before.
    return array if near.all() else (array / np.where(near, 1.0, lengths)).astype(np.float32)


def find_greatest(scores: np.ndarray, k: int) -> np.ndarray:
    """Return the places of the `k` greatest numbers, the greatest first, then by place.

    Args:
        scores: One row of numbers.
        k: How many; at most all.

    >>> find_greatest(np.array([0.1, 0.5, 0.5, 0.9]), 3).tolist()
    [3, 1, 2]
    """
    least = np.partition(scores, len(scores) - k)[len(scores) - k]
    candidates = np.flatnonzero(scores >= least)
    order = np.argsort(-scores[candidates], kind="stable")
    return candidates[order[:k]]


def _blocks(count: int, size: int) -> Iterator[slice]:
    for start in range(0, count, size):
        yield slice(start, min(start + size, count))
