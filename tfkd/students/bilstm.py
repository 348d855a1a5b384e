"""An LSTM in both directions."""

from __future__ import annotations

from typing import Any

import keras

from ._parts import Settings, mean_over_tokens, merge_settings, present, seeded, token_input
from .features import Architecture, Features
from .question_aware import question_aware

SIZES = {
    "tiny": {"width": 32, "units": 32, "dropout": 0.2},
    "small": {"width": 64, "units": 64, "dropout": 0.3},
    "base": {"width": 128, "units": 150, "dropout": 0.3},
}


def bilstm(
    vocab_size: int, classes: int, size: str = "small", seed: int | None = None, **settings: Any
) -> keras.Model:
    """Average a bidirectional LSTM over the tokens: ids to `[batch, classes]`.

    After Tang et al. 2019, arXiv:1903.12136. Settings: `width` of the embedding, `units` per
    direction, `dropout`. Slow to train on long texts; exports with a fixed batch of 1.

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

    >>> bilstm(100, 2, "tiny").output.shape
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
    embedded = keras.layers.Embedding(vocab_size, options["width"], name="token_embedding")(ids)
    embedded = keras.layers.Dropout(options["dropout"], seed=seed)(embedded)
    mask = present(ids)
    hidden = _read(embedded, mask, options)
    if features == "pooled":
        hidden = mean_over_tokens(hidden, mask)
    return Features("bilstm", ids, hidden, options["dropout"], seed, pool=mean_over_tokens)


def _read(
    vectors: keras.KerasTensor, mask: keras.KerasTensor, options: Settings
) -> keras.KerasTensor:
    lstm = keras.layers.LSTM(options["units"], return_sequences=True, name="lstm")
    # The mask is handed over, so that the backward direction starts at the last token.
    there = keras.ops.not_equal(keras.ops.squeeze(mask, -1), 0)
    return keras.layers.Bidirectional(lstm, name="bidirectional")(vectors, mask=there)


BILSTM = Architecture(
    *("bilstm", SIZES, body, ("pooled", "tokens")),
    learning_rate=3e-3,
    pair_tokens=question_aware("bilstm", _read),
)
