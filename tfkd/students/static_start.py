"""The start of a static student, made of a large encoder without any data.

After model2vec (Tulkens and van Dongen 2024): each piece of the vocabulary goes through the encoder
by itself, principal components make its vectors shorter, and frequent pieces weigh less.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from ..errors import UserError
from ..files import replace_when_whole
from ..models.keras_internals import list_layers
from ..models.text_model import TextModel
from ..tasks import EMBEDDING
from ..text import TextEncoder, with_padding_first
from ..text.batching import chunks
from .piece_vectors import read_pieces
from .static import SIZES, VECTORS, WEIGHTS, body

SMOOTH = 1e-4
"Of Arora et al. 2017, whose a is between 1e-3 and 1e-4."
SPREAD = 0.1
"Of the numbers of a table, as of one that is drawn."
_SMALLEST = 1e-12  # square of a length: the vector of nothing stays 0
_LOWEST = -10.0  # the weight of a piece that is none of texts: nearly nothing
_TEXTS = 1_000  # whose ids are counted at once


@dataclass(frozen=True)
class PieceTable:
    """Vectors and weights for the pieces of a vocabulary.

    Attributes:
        vectors: `[pieces, dimensions]`, float32.
        logits: Of the weights, `[pieces]`, float32.
    """

    vectors: np.ndarray
    logits: np.ndarray

    def put_into(self, student: Any) -> None:
        """Set both tables of a static student, a Keras model, wherever in it they are.

        The first dimensions have most to say: a narrower student takes these, and a wider one has
        zeros behind them.
        """
        layers = {layer.name: layer for layer in list_layers(student, recursive=True)}
        rows, width = layers[VECTORS].get_weights()[0].shape
        vectors = np.zeros((rows, width), np.float32)
        shared = min(width, self.vectors.shape[1])
        vectors[: len(self.vectors), :shared] = self.vectors[:, :shared]
        logits = np.full((rows, 1), _LOWEST, np.float32)
        logits[: len(self.logits), 0] = self.logits
        layers[VECTORS].set_weights([vectors])
        layers[WEIGHTS].set_weights([logits])

    def save(self, path: Path) -> None:
        """Write both to a file."""
        with replace_when_whole(path) as part, part.open("wb") as file:
            np.savez(file, vectors=self.vectors, logits=self.logits)

    @classmethod
    def load(cls, path: Path) -> PieceTable:
        """Read what `save` wrote."""
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            return cls(archive["vectors"], archive["logits"])


def static_from(
    teacher: TextModel,
    dimensions: int = 256,
    *,
    encoder: TextEncoder | None = None,
    texts: Iterable[str] | None = None,
    advance: Callable[[int], None] = lambda done: None,
) -> TextModel:
    """Make a static student of a large encoder, without training.

    Args:
        teacher: A model with the output `embedding`, or with hidden states, whose last ones are
            averaged.
        dimensions: How many numbers a vector has; at most as many as the teacher's.
        encoder: The student's tokenizer; by default the teacher's own.
        texts: Texts to count pieces in, for their weights. Without any, pieces are taken to be as
            frequent as their order in the vocabulary says (Zipf's law).
        advance: Is called with the number of pieces done.

    Returns:
        A Keras model with the output `embedding` of unit length, and its tokenizer.

    Raises:
        UserError: A teacher without vectors or with shorter ones, or without a tokenizer.

    ```python
    teacher = tfkd.load_teacher("hf:teachers/imdb-minilm")
    student = tfkd.students.static_from(teacher, dimensions=256)
    ```
    """
    own = teacher.encoder if encoder is None else encoder
    if not isinstance(own, TextEncoder):
        raise UserError(f"{teacher.origin} has no tokenizer of its own: give encoder=...")
    own = with_padding_first(own)
    table = make_table(teacher, own, dimensions, texts=texts, advance=advance)
    if table.vectors.shape[1] < dimensions:
        raise UserError(
            f"dimensions is {dimensions}, and the vectors of {teacher.origin} have "
            f"{table.vectors.shape[1]} numbers: write at most that."
        )
    options = {**SIZES["base"], "width": dimensions, "dropout": 0.0}
    features = body(own.vocab_size, options, None)
    vectors = features.embed(dimensions, "vectors")
    squares = keras.ops.sum(keras.ops.square(vectors), axis=-1, keepdims=True)
    unit = vectors * keras.ops.rsqrt(keras.ops.maximum(squares, _SMALLEST))
    model = features.model({EMBEDDING: unit})
    table.put_into(model)
    return TextModel(model, own, origin="static", shapes={EMBEDDING: (dimensions,)})


def make_table(
    teacher: TextModel,
    encoder: TextEncoder,
    dimensions: int,
    *,
    texts: Iterable[str] | None = None,
    weighted: bool = True,
    advance: Callable[[int], None] = lambda done: None,
) -> PieceTable:
    """Return the vectors and weights of a vocabulary, made of a teacher.

    Args:
        teacher: A model with the output `embedding`, or with hidden states.
        encoder: The tokenizer that has the vocabulary.
        dimensions: How many numbers a vector has at most.
        texts: Texts to count pieces in; None for Zipf's law.
        weighted: Whether frequent pieces weigh less, which similarities gain by; else all pieces of
            texts weigh the same.
        advance: Is called with the number of pieces done.

    Raises:
        UserError: The teacher gives no vectors, or they are not finite.
    """
    vectors, known = read_pieces(teacher, encoder, advance=advance)
    if not np.isfinite(vectors).all():
        raise UserError(f"{teacher.origin} gives NaN or infinity as the vectors of some pieces.")
    short = np.zeros((len(vectors), min(dimensions, vectors.shape[1])), np.float32)
    short[known] = find_components(vectors[known], dimensions)
    scale = SPREAD / max(float(np.sqrt(np.mean(short[known] ** 2))), _SMALLEST)
    logits = np.full(len(vectors), _LOWEST, np.float32)
    logits[known] = 0.0
    if weighted:
        shares = zipf_shares(known) if texts is None else count_shares(encoder, texts, known)
        # The sigmoid of this is a / (a + p).
        logits[known] = np.log(SMOOTH) - np.log(shares[known])
    return PieceTable(short * scale, logits)


def find_components(vectors: np.ndarray, dimensions: int) -> np.ndarray:
    """Return the principal components of vectors, those with the greatest variance first.

    Args:
        vectors: `[vectors, width]`.
        dimensions: How many to return at most.

    >>> find_components(np.array([[0.0, 0.0], [3.0, 0.1], [6.0, 0.0]]), 1).round(2)[:, 0].tolist()
    [-3.0, 0.0, 3.0]
    """
    centred = np.asarray(vectors, np.float64) - np.mean(vectors, axis=0, dtype=np.float64)
    _, axes = np.linalg.eigh(centred.T @ centred)
    axes = axes[:, ::-1][:, :dimensions]
    # Eigenvectors have no sign of their own: the greatest part of each is positive.
    greatest = np.abs(axes).argmax(axis=0)
    axes = axes * np.sign(axes[greatest, np.arange(axes.shape[1])])
    return (centred @ axes).astype(np.float32)


def zipf_shares(known: np.ndarray) -> np.ndarray:
    """Return how frequent each piece is if the order of the vocabulary is that of frequency.

    Args:
        known: Whether each piece is one of texts, `[pieces]`; the others have the share 0.

    >>> zipf_shares(np.array([False, True, True])).round(2).tolist()
    [0.0, 0.6, 0.4]
    """
    inverse = np.where(known, 1.0 / (np.cumsum(known) + 1.0), 0.0)
    return inverse / inverse.sum()


def count_shares(encoder: TextEncoder, texts: Iterable[str], known: np.ndarray) -> np.ndarray:
    """Return how frequent each piece is in texts; each is taken to have been seen once more.

    Args:
        encoder: The tokenizer.
        texts: Are read once.
        known: Whether each piece is one of texts, `[pieces]`; the others have the share 0.
    """
    counts: Counter[int] = Counter()
    for some in chunks(texts, _TEXTS):
        for ids in encoder.encode_many(some):
            counts.update(ids)
    seen = np.array([counts[number] for number in range(len(known))], float)
    seen = np.where(known, seen + 1.0, 0.0)
    return seen / seen.sum()
