"""Convolutions of several widths and the maximum over the text."""

from __future__ import annotations

import keras

from ._parts import logits, max_over_tokens, present, seeded, settings, token_input

SIZES = {
    "tiny": {"width": 32, "filters": 32, "kernels": (2, 3, 4), "dropout": 0.2},
    "small": {"width": 64, "filters": 64, "kernels": (2, 3, 4, 5), "dropout": 0.3},
    "base": {"width": 128, "filters": 128, "kernels": (2, 3, 4, 5), "dropout": 0.4},
}


@seeded
def text_cnn(vocab_size: int, classes: int, size: str = "small", seed: int | None = None, **given):
    """A convolutional text classifier (Kim 2014, arXiv:1408.5882): ids to `[batch, classes]`.

    Settings: `width` of the embedding, `filters` per kernel, `kernels` (widths in tokens),
    `dropout` before the head.

    >>> text_cnn(100, 2, "tiny").output.shape
    (None, 2)
    """
    has = settings(SIZES, size, given)
    ids = token_input()
    mask = present(ids)
    embedded = keras.layers.Embedding(vocab_size, has["width"], name="token_embedding")(ids) * mask
    pooled = [
        max_over_tokens(
            keras.layers.Conv1D(
                has["filters"], width, padding="same", activation="relu", name=f"conv_{width}"
            )(embedded),
            mask,
        )
        for width in has["kernels"]
    ]
    hidden = keras.layers.Concatenate()(pooled) if len(pooled) > 1 else pooled[0]
    return keras.Model(ids, logits(hidden, classes, has["dropout"], seed), name="text_cnn")
