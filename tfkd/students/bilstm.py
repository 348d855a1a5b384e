"""An LSTM in both directions."""

from __future__ import annotations

from typing import Any

import keras

from ._parts import Settings, mean_over_tokens, merge_settings, present, seeded, token_input
from .features import Architecture, Features

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

    >>> bilstm(100, 2, "tiny").output.shape
    (None, 2)
    """
    options = merge_settings(SIZES, size, settings)
    with seeded(seed):
        return body(vocab_size, options, seed).classifier(classes)


def body(
    vocab_size: int, options: Settings, seed: int | None, features: str = "pooled"
) -> Features:
    """Make the student without its outputs."""
    ids = token_input()
    embedded = keras.layers.Embedding(vocab_size, options["width"], name="token_embedding")(ids)
    embedded = keras.layers.Dropout(options["dropout"], seed=seed)(embedded)
    lstm = keras.layers.LSTM(options["units"], return_sequences=True)
    # The mask is handed over, so that the backward direction starts at the last token.
    hidden = keras.layers.Bidirectional(lstm)(embedded, mask=keras.ops.not_equal(ids, 0))
    if features == "pooled":
        hidden = mean_over_tokens(hidden, present(ids))
    return Features("bilstm", ids, hidden, options["dropout"], seed)


BILSTM = Architecture("bilstm", SIZES, body, ("pooled", "tokens"), learning_rate=3e-3)
