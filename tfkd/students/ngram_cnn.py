"""Wide and deep for text: a linear model of hashed n-grams next to a small convolution."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import keras
from keras import ops

from ._ngrams import ngram_rows, sum_of_vectors
from ._parts import (
    Settings,
    max_over_tokens,
    merge_settings,
    present,
    seeded,
    segment_input,
    token_input,
)
from .features import Architecture, Features
from .ngrams_of_tokens import KERNEL, SHARED, WideAndDeepTokens
from .two_texts import compare, find_shared, take_apart

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
HASHED = 1_000_003  # n-grams that are told apart where only their number counts


def ngram_cnn(
    vocab_size: int, classes: int, size: str = "small", seed: int | None = None, **settings: Any
) -> keras.Model:
    """Add a score per token, bigram and trigram to a convolution: ids to `[batch, classes]`.

    The wide part remembers phrases, one number each for two classes (Wang and Manning 2012); the
    deep part reads them in context (Kim 2014, arXiv:1408.5882); the logits are their sum (Cheng
    et al. 2016, arXiv:1606.07792). Settings: `bigrams` and `trigrams` (numbers in each hash
    table, 0 for none), `width` of the convolution's embedding, `filters`, `dropout`.

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

    >>> ngram_cnn(100, 2, "tiny", bigrams=101).output.shape
    (None, 2)
    """
    options = merge_settings(SIZES, size, settings)
    with seeded(seed):
        return body(vocab_size, options, seed).classifier(classes)


def body(
    vocab_size: int, options: Settings, seed: int | None, features: str = "pooled"
) -> Features:
    """Make the student without its outputs.

    Args:
        vocab_size: Number of token ids.
        options: All settings of a size.
        seed: Seed of the initial weights and of the dropout.
        features: `"pooled"` for one vector per text, `"tokens"` for one per token.
    """
    ids = token_input()
    made: dict[str, Any] = {"vocab_size": vocab_size, "options": options}
    whole = WideAndDeep("ngram_cnn", ids, ids, options["dropout"], seed, **made)
    if features == "tokens":
        made["whole"] = whole
        return WideAndDeepTokens("ngram_cnn", ids, ids, options["dropout"], seed, **made)
    return whole


def pair_body(
    vocab_size: int, options: Settings, seed: int | None, features: str = "pooled"
) -> Features:
    """Make the student of pairs, which knows of each n-gram whether both texts have it.

    Args:
        vocab_size: Number of token ids.
        options: All settings of a size.
        seed: Seed of the initial weights and of the dropout.
        features: `"pooled"` for one vector per pair.
    """
    ids, dropout = token_input(), options["dropout"]
    made: dict[str, Any] = {"vocab_size": vocab_size, "options": options}
    return WideAndDeep("ngram_cnn", ids, ids, dropout, seed, segment_input(), **made)


@dataclass(frozen=True)
class WideAndDeep(Features):
    """The sum of two parts, whose tables have as many numbers as an output needs.

    So each output has its own layers, which are made with it.
    """

    vocab_size: int = 0
    options: Settings = field(default_factory=dict)

    def project(self, units: int, name: str) -> keras.KerasTensor:
        """Return `units` numbers for each text: those of the wide part plus the deep part's."""
        own = "" if name == "logits" else f"{name}_"
        parts = [self._wide(units, own), self._deep(units, own)]
        # float32 under mixed precision too
        return keras.layers.Add(dtype="float32", name=name)(parts)

    def _wide(self, units: int, own: str) -> keras.KerasTensor:
        width = 1 if units == 2 else SHARED
        rows, size = self._told_apart(self.ids, self.vocab_size)
        total = sum_of_vectors(rows, f"{own}piece_score", size=size, width=width)
        # Of pairs, each n-gram has a row for the first text, the second, and both.
        tables = 1 if self.segments is None else 3
        for order, name in ((2, "bigrams"), (3, "trigrams")):
            buckets = self.options[name] // width // tables
            if buckets:
                rows, size = self._told_apart(self._ngrams(order, buckets), buckets + 1)
                total = total + sum_of_vectors(rows, f"{own}{name}", size=size, width=width)
        tokens = ops.maximum(ops.sum(present(self.ids), axis=1), 1.0)
        # Two classes share one score, for one and against the other.
        start = keras.initializers.Constant([[-1.0, 1.0]]) if width == 1 else "glorot_uniform"
        dense = keras.layers.Dense(units, kernel_initializer=start, name=f"{own}wide_logits")
        return dense(total / ops.sqrt(tokens))

    def _ngrams(self, order: int, buckets: int) -> keras.KerasTensor:
        """Return the rows of n-grams, none of which reaches from one text into the other."""
        if self.segments is None:
            return ngram_rows(self.ids, order, buckets)
        texts = take_apart(self.ids, self.segments)
        first, second = (ngram_rows(text, order, buckets) for text in texts)
        return first + second

    def _told_apart(self, rows: keras.KerasTensor, size: int) -> tuple[keras.KerasTensor, int]:
        """Return the rows of a table of n-grams, of pairs one for each place, and its size.

        What an n-gram says of a pair depends on that: "not" in one text alone is a contradiction,
        and in both it is none.
        """
        if self.segments is None:
            return rows, size
        shared = find_shared(rows, self.segments)
        return ops.where(ops.equal(rows, 0), 0, rows + size * shared), 3 * size

    def _shares(self, order: int) -> keras.KerasTensor:
        """Return which share of n-grams is in the first text alone, the second, and both."""
        rows = self._ngrams(order, HASHED)
        there = ops.not_equal(rows, 0)
        shared = find_shared(rows, self.segments)
        counts = [
            ops.sum(ops.cast(there & ops.equal(shared, i), "float32"), axis=1) for i in range(3)
        ]
        return ops.stack(counts, axis=-1) / ops.maximum(sum(counts), 1.0)[:, None]

    def _deep(self, units: int, own: str) -> keras.KerasTensor:
        options, mask = self.options, present(self.ids)
        table = keras.layers.Embedding(
            self.vocab_size, options["width"], name=f"{own}token_embedding"
        )
        conv = keras.layers.Conv1D(
            options["filters"], KERNEL, padding="same", activation="relu", name=f"{own}conv1d"
        )
        if self.segments is None:
            best = max_over_tokens(conv(table(self.ids) * mask), mask)
        else:
            texts = take_apart(self.ids, self.segments)
            masks = [present(text) for text in texts]
            pairs = zip(texts, masks, strict=True)
            best = compare(*(max_over_tokens(conv(table(t) * m), m) for t, m in pairs))
            best = ops.concatenate([best, *map(self._shares, (1, 2, 3))], axis=-1)
        best = keras.layers.Dropout(self.dropout, seed=self.seed)(best)
        return keras.layers.Dense(units, name=f"{own}deep_logits")(best)


NGRAM_CNN = Architecture(
    *("ngram_cnn", SIZES, body, ("pooled", "tokens")), learning_rate=5e-3, pair_body=pair_body
)
