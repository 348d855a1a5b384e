"""Wide and deep for text: a linear model of hashed n-grams beside a small convolution."""

from __future__ import annotations

import keras
from keras import ops

from ._ngrams import ngram_rows, summed
from ._parts import max_over_tokens, present, seeded, settings, token_input

SIZES = {
    "tiny": {"bigrams": 300_007, "trigrams": 0, "width": 16, "filters": 32, "dropout": 0.2},
    "small": {"bigrams": 500_009, "trigrams": 500_009, "width": 16, "filters": 32, "dropout": 0.2},
    "base": {
        "bigrams": 1_000_003,
        "trigrams": 1_000_003,
        "width": 64,
        "filters": 128,
        "dropout": 0.3,
    },
}
KERNEL = 5
SHARED = 16  # numbers per n-gram where there are more than two classes


@seeded
def ngram_cnn(vocab_size: int, classes: int, size: str = "small", seed: int | None = None, **given):
    """A score per word piece, bigram and trigram, plus a convolution: ids to `[batch, classes]`.

    The wide part remembers phrases, one number each for two classes (Wang and Manning 2012); the
    deep part reads them in context (Kim 2014, arXiv:1408.5882); the logits are their sum (Cheng
    et al. 2016, arXiv:1606.07792). Settings: `bigrams` and `trigrams` (numbers in each hash
    table, 0 for none), `width` of the convolution's embedding, `filters`, `dropout`.

    >>> ngram_cnn(100, 2, "tiny", bigrams=101).output.shape
    (None, 2)
    """
    has = settings(SIZES, size, given)
    ids = token_input()
    both = [_wide(ids, vocab_size, classes, has), _deep(ids, vocab_size, classes, has, seed)]
    # float32 under mixed precision too
    return keras.Model(
        ids, keras.layers.Add(dtype="float32", name="logits")(both), name="ngram_cnn"
    )


def _wide(ids, vocab_size: int, classes: int, has: dict):
    width = 1 if classes == 2 else SHARED
    total = summed(ids, vocab_size, width, "piece_score")
    for order, name in ((2, "bigrams"), (3, "trigrams")):
        buckets = has[name] // width
        if buckets:
            total = total + summed(ngram_rows(ids, order, buckets), buckets + 1, width, name)
    tokens = ops.maximum(ops.sum(present(ids), axis=1), 1.0)
    # Two classes share one score, for one and against the other.
    start = keras.initializers.Constant([[-1.0, 1.0]]) if width == 1 else "glorot_uniform"
    dense = keras.layers.Dense(classes, kernel_initializer=start, name="wide_logits")
    return dense(total / ops.sqrt(tokens))


def _deep(ids, vocab_size: int, classes: int, has: dict, seed):
    mask = present(ids)
    embedded = keras.layers.Embedding(vocab_size, has["width"], name="token_embedding")(ids) * mask
    conv = keras.layers.Conv1D(has["filters"], KERNEL, padding="same", activation="relu")
    best = max_over_tokens(conv(embedded), mask)
    best = keras.layers.Dropout(has["dropout"], seed=seed)(best)
    return keras.layers.Dense(classes, name="deep_logits")(best)
