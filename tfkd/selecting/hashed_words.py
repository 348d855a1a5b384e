"""Vectors of texts from their words: TF-IDF, hashed, and projected to a few numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from zlib import crc32

import numpy as np

from ..text.batching import chunks

DIMENSIONS = 128
BUCKETS = 2**20
BATCH = 4_096
_PLACES = 2
"""Numbers of a vector that each word adds to."""
# Chinese, Japanese and Korean write no spaces: there each character is a word.
_WORDS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W\u3040-\u9fff\uac00-\ud7af]+")
_MIX = np.uint64(0x9E3779B97F4A7C15)


def split_words(text: str) -> list[str]:
    """Return the words of a text in lower case; its signs where it has none.

    >>> split_words("A fine film!"), split_words("好电影"), split_words(":-)")
    (['a', 'fine', 'film'], ['好', '电', '影'], [':', '-', ')'])
    """
    text = text.casefold()
    return _WORDS.findall(text) or [sign for sign in text if not sign.isspace()]


class HashedWords:
    """Weights of words and of pairs of neighbours, from how many texts have them.

    Args:
        texts: All texts; they are read once.

    >>> words = HashedWords(["a fine film", "a dull film", "a fine day"])
    >>> vectors, keys = words.vectors(["a fine film", "A FINE film.", "rain"])
    >>> vectors.shape, bool(vectors[0] @ vectors[1] > 0.999), bool(keys[0] == keys[1])
    ((3, 128), True, True)
    """

    def __init__(self, texts: Iterable[str]) -> None:
        counts, self.texts = np.zeros(BUCKETS, "int64"), 0
        for batch in chunks(texts, BATCH):
            rows, buckets, _ = _features(batch)
            counts += np.bincount(_distinct(rows, buckets)[1], minlength=BUCKETS)
            self.texts += len(batch)
        self._weights = np.log((1.0 + self.texts) / (1.0 + counts)).astype("float32") + 1.0

    def vectors(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Return vectors of unit length, `[texts, 128]`, and a number for each sequence of words.

        Args:
            texts: Any of the texts.
        """
        rows, buckets, keys = _features(texts)
        rows, buckets, counts = _distinct(rows, buckets)
        weights = self._weights[buckets] * (1.0 + np.log(counts))
        vectors = np.zeros(len(texts) * DIMENSIONS)
        for place in range(_PLACES):
            drawn = _mixed(buckets.astype("uint64") * np.uint64(_PLACES) + np.uint64(place))
            where = (drawn >> np.uint64(33)) % np.uint64(DIMENSIONS)
            signs = np.where(drawn & np.uint64(1 << 20), 1.0, -1.0)
            flat = rows * DIMENSIONS + where.astype("int64")
            vectors += np.bincount(flat, weights * signs, minlength=len(vectors))
        return scaled(vectors.reshape(len(texts), DIMENSIONS)), keys


def scaled(vectors: np.ndarray) -> np.ndarray:
    """Return vectors of unit length as float32; zeros stay."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.maximum(lengths, 1e-12)).astype("float32")


def _features(texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the texts and buckets of all words and pairs of neighbours, and the texts' keys."""
    split = [split_words(text) for text in texts]
    counts = np.array([len(words) for words in split], "int64")
    hashes = np.fromiter(_hashed(split), "uint64", int(counts.sum()))
    rows = np.repeat(np.arange(len(split)), counts)
    together = rows[1:] == rows[:-1]
    pairs = _mixed(hashes[:-1] * np.uint64(3) + hashes[1:])[together]
    places = np.arange(len(hashes)) - np.repeat(np.cumsum(counts) - counts, counts)
    keys = np.zeros(len(split), "uint64")
    # The same words in another order are another text.
    np.add.at(keys, rows, _mixed(hashes + places.astype("uint64") * _MIX))
    found = np.concatenate([_mixed(hashes), pairs]) % np.uint64(BUCKETS)
    return np.concatenate([rows, rows[1:][together]]), found.astype("int64"), keys


def _hashed(split: Sequence[Sequence[str]]) -> Iterator[int]:
    for words in split:
        for word in words:
            yield crc32(word.encode("utf-8", "surrogatepass"))


def _mixed(numbers: np.ndarray) -> np.ndarray:
    """Return numbers whose bits depend on all bits of the given ones (splitmix64's finalizer)."""
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return numbers ^ (numbers >> np.uint64(31))


def _distinct(rows: np.ndarray, buckets: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return each pair of text and bucket once, with how often it came."""
    pairs, counts = np.unique(rows * BUCKETS + buckets, return_counts=True)
    return pairs // BUCKETS, pairs % BUCKETS, counts
