"""A linear model of n-grams, most weights of which are zero: what it says is a sum to be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import keras
import tensorflow as tf
from keras import ops

from ..models.keras_internals import list_layers
from ..models.weight_rules import WeightRule
from ._ngrams import ngram_rows, sum_of_vectors
from ._parts import Settings, merge_settings, present, seeded, token_input
from .features import Architecture, Features

SIZES = {
    "tiny": {"bigrams": 50_021, "trigrams": 0, "l1": 0.03},
    "small": {"bigrams": 200_003, "trigrams": 200_003, "l1": 0.03},
    "base": {"bigrams": 1_000_003, "trigrams": 1_000_003, "l1": 0.03},
}


def ngram_linear(
    vocab_size: int, classes: int, size: str = "small", seed: int | None = None, **settings: Any
) -> keras.Model:
    """Add up a weight for each token, bigram and trigram: ids to `[batch, classes]`.

    The simplest student: what it says of a text is the sum of what it says of its n-grams, which
    `tfkd predict --why` lists. Settings: `bigrams` and `trigrams` (numbers in each hash table, 0
    for none), `l1`, by which a run sets most of them to zero (`StrayWeights`).

    Args:
        vocab_size: Number of token ids, 0 for padding among them.
        classes: Number of classes.
        size: `"tiny"`, `"small"` or `"base"`; small is a good first choice.
        seed: Seed of the initial weights; None draws others each time.
        **settings: Replace settings of the size, see above.

    Returns:
        A model from token ids `[batch, tokens]` to logits `[batch, classes]`.

    Raises:
        UserError: An unknown size or setting.

    >>> ngram_linear(100, 2, "tiny", bigrams=101).output.shape
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
        seed: Of no meaning here: all weights start from zero.
        features: `"pooled"` for the outputs of a text.
    """
    ids = token_input()
    made: dict[str, Any] = {"vocab_size": vocab_size, "options": options}
    return SumOfNgrams("ngram_linear", ids, ids, 0.0, seed, **made)


@dataclass(frozen=True)
class SumOfNgrams(Features):
    """A sum over n-grams, divided by the square root of the number of tokens.

    Each output has tables of its own, with as many numbers for an n-gram as it has units.
    """

    vocab_size: int = 0
    options: Settings = field(default_factory=dict)

    def project(self, units: int, name: str) -> keras.KerasTensor:
        """Return `units` numbers for each text, each a sum over its n-grams."""
        own = "" if name == "logits" else f"{name}_"
        # Two classes share one weight, for one and against the other.
        width = 1 if units == 2 else units
        total = sum_of_vectors(self.ids, f"{own}piece_score", size=self.vocab_size, width=width)
        for order, table in ((2, "bigrams"), (3, "trigrams")):
            buckets = self.options[table] // width
            if buckets:
                rows = ngram_rows(self.ids, order, buckets)
                total = total + sum_of_vectors(rows, f"{own}{table}", size=buckets + 1, width=width)
        tokens = ops.maximum(ops.sum(present(self.ids), axis=1), 1.0)
        start = keras.initializers.Constant([[-1.0, 1.0]]) if units == 2 else "identity"
        # float32 under mixed precision too
        dense = keras.layers.Dense(units, kernel_initializer=start, dtype="float32", name=name)
        return dense(total / ops.sqrt(tokens))


class StrayWeights(WeightRule):
    """An L1 penalty of which zeros come: each update pulls every weight towards zero.

    The pull is `l1` times the largest move of that update, so it follows the learning rate, and a
    weight that crosses zero is set to it (Langford et al. 2009, arXiv:0806.4686). What the data
    speak for withstands it; n-grams that occur once or twice do not.

    Args:
        variables: The tables of n-grams.
        l1: The share of the largest move.
    """

    def __init__(self, variables: Sequence[Any], l1: float) -> None:
        super().__init__(variables)
        self._l1 = l1

    def keep(self, before: Sequence[tf.Tensor], step: tf.Tensor) -> list[tf.Tensor | None]:
        """Return the updated variables, pulled towards zero."""
        values = [tf.convert_to_tensor(variable.value) for variable in self.variables]
        moves = [tf.reduce_max(tf.abs(new - old)) for new, old in zip(values, before, strict=True)]
        pull = self._l1 * tf.reduce_max(tf.stack(moves))
        return [tf.sign(v) * tf.maximum(tf.abs(v) - pull, 0) for v in values]


def pull_to_zero(model: Any, options: Settings) -> WeightRule | None:
    """Return what a training keeps this student's tables to; None where `l1` is 0.

    Args:
        model: The student.
        options: All its settings.
    """
    layers = list_layers(model, recursive=True)
    tables = [layer.embeddings for layer in layers if isinstance(layer, keras.layers.Embedding)]
    # What is frozen moves by no pull either.
    tables = [table for table in tables if table.trainable]
    return StrayWeights(tables, options["l1"]) if tables and options["l1"] else None


# Of a pair, a sum over n-grams says nothing of one text in the light of the other.
NGRAM_LINEAR = Architecture(
    *("ngram_linear", SIZES, body), learning_rate=1e-2, pairs=False, rule=pull_to_zero
)
