"""A bag of tokens and hashed pairs of them."""

from __future__ import annotations

from typing import Any

import keras

from ._ngrams import ngram_rows, sum_of_vectors
from ._parts import Settings, merge_settings, present, seeded, token_input
from .features import Architecture, Features

SIZES = {
    "tiny": {"width": 8, "bigrams": 20_011, "dropout": 0.1},
    "small": {"width": 16, "bigrams": 100_003, "dropout": 0.2},
    "base": {"width": 32, "bigrams": 200_003, "dropout": 0.3},
}


def bag_of_ngrams(
    vocab_size: int, classes: int, size: str = "small", seed: int | None = None, **settings: Any
) -> keras.Model:
    """Average the vectors of tokens and of hashed bigrams: ids to `[batch, classes]`.

    After fastText (Joulin et al. 2017, arXiv:1607.01759). Settings: `width` of the vectors,
    `bigrams` (rows of the hash table), `dropout` before the head. The fastest student.

    Args:
        vocab_size: Number of token ids, 0 for padding among them.
        classes: Number of classes.
        size: `"tiny"`, `"small"` or `"base"`; small is a good first choice.
        seed: Seed of the initial weights and of the dropout; None draws others each time.
        **settings: Replace settings of the size, see above.

    Returns:
        A model from token ids `[batch, tokens]` to logits `[batch, classes]`.

    Raises:
        UserError: An unknown size or setting.

    >>> bag_of_ngrams(100, 2, "tiny").output.shape
    (None, 2)
    """
    options = merge_settings(SIZES, size, settings)
    with seeded(seed):
        return body(vocab_size, options, seed).classifier(classes)


def body(
    vocab_size: int, options: Settings, seed: int | None, features: str = "pooled"
) -> Features:
    """Make the student without its outputs; it gives `features="pooled"` only.

    Args:
        vocab_size: Number of token ids.
        options: All settings of a size.
        seed: Seed of the initial weights and of the dropout.
        features: `"pooled"` for one vector per text.
    """
    ids = token_input()
    normal = keras.initializers.RandomNormal(stddev=0.1, seed=seed)
    total = sum_of_vectors(
        ids, "token_embedding", size=vocab_size, width=options["width"], initializer=normal
    )
    if options["bigrams"]:
        rows = ngram_rows(ids, 2, options["bigrams"])
        size = options["bigrams"] + 1
        total = total + sum_of_vectors(rows, "bigram_embedding", size=size, width=options["width"])
    count = keras.ops.maximum(keras.ops.sum(present(ids), axis=1), 1.0)
    return Features("bag_of_ngrams", ids, total / count, options["dropout"], seed)


BAG_OF_NGRAMS = Architecture("bag_of_ngrams", SIZES, body, learning_rate=5e-3)
