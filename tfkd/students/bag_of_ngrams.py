"""A bag of word pieces and hashed pairs of them."""

from __future__ import annotations

import keras

from ._ngrams import ngram_rows, summed
from ._parts import logits, present, seeded, settings, token_input

SIZES = {
    "tiny": {"width": 8, "bigrams": 20_011, "dropout": 0.1},
    "small": {"width": 16, "bigrams": 100_003, "dropout": 0.2},
    "base": {"width": 32, "bigrams": 200_003, "dropout": 0.3},
}


@seeded
def bag_of_ngrams(
    vocab_size: int, classes: int, size: str = "small", seed: int | None = None, **given
):
    """Averaged vectors of word pieces and of hashed bigrams: ids to `[batch, classes]`.

    After fastText (Joulin et al. 2017, arXiv:1607.01759). Settings: `width` of the vectors,
    `bigrams` (rows of the hash table), `dropout` before the head. The fastest student.

    >>> bag_of_ngrams(100, 2, "tiny").output.shape
    (None, 2)
    """
    has = settings(SIZES, size, given)
    ids = token_input()
    normal = keras.initializers.RandomNormal(stddev=0.1, seed=seed)
    total = summed(ids, vocab_size, has["width"], "token_embedding", normal)
    if has["bigrams"]:
        rows = ngram_rows(ids, 2, has["bigrams"])
        total = total + summed(rows, has["bigrams"] + 1, has["width"], "bigram_embedding")
    tokens = keras.ops.maximum(keras.ops.sum(present(ids), axis=1), 1.0)
    return keras.Model(
        ids, logits(total / tokens, classes, has["dropout"], seed), name="bag_of_ngrams"
    )
