"""An LSTM in both directions."""

from __future__ import annotations

import keras

from ._parts import logits, mean_over_tokens, present, seeded, settings, token_input

SIZES = {
    "tiny": {"width": 32, "units": 32, "dropout": 0.2},
    "small": {"width": 64, "units": 64, "dropout": 0.3},
    "base": {"width": 128, "units": 150, "dropout": 0.3},
}


@seeded
def bilstm(vocab_size: int, classes: int, size: str = "small", seed: int | None = None, **given):
    """A bidirectional LSTM over word pieces, averaged: ids to `[batch, classes]`.

    After Tang et al. 2019, arXiv:1903.12136. Settings: `width` of the embedding, `units` per
    direction, `dropout`. Slow to train on long texts; exports with a fixed batch of 1.

    >>> bilstm(100, 2, "tiny").output.shape
    (None, 2)
    """
    has = settings(SIZES, size, given)
    ids = token_input()
    embedded = keras.layers.Embedding(vocab_size, has["width"], name="token_embedding")(ids)
    embedded = keras.layers.Dropout(has["dropout"], seed=seed)(embedded)
    lstm = keras.layers.LSTM(has["units"], return_sequences=True)
    # The mask is handed over, so that the backward direction starts at the last token.
    hidden = keras.layers.Bidirectional(lstm)(embedded, mask=keras.ops.not_equal(ids, 0))
    pooled = mean_over_tokens(hidden, present(ids))
    return keras.Model(ids, logits(pooled, classes, has["dropout"], seed), name="bilstm")
