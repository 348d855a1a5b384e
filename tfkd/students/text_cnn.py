"""Convolutions of several widths and the maximum over the text."""

from __future__ import annotations

from typing import Any

import keras

from ._parts import Settings, max_over_tokens, merge_settings, present, seeded, token_input
from .features import Architecture, Features
from .question_aware import question_aware

SIZES = {
    "tiny": {"width": 32, "filters": 32, "kernels": (2, 3, 4), "dropout": 0.2},
    "small": {"width": 64, "filters": 64, "kernels": (2, 3, 4, 5), "dropout": 0.3},
    "base": {"width": 128, "filters": 128, "kernels": (2, 3, 4, 5), "dropout": 0.4},
}


def text_cnn(
    vocab_size: int, classes: int, size: str = "small", seed: int | None = None, **settings: Any
) -> keras.Model:
    """Take the maximum of convolutions over the text: ids to `[batch, classes]`.

    After Kim 2014, arXiv:1408.5882. Settings: `width` of the embedding, `filters` per kernel,
    `kernels` (widths in tokens), `dropout` before the head.

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

    >>> text_cnn(100, 2, "tiny").output.shape
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
    mask = present(ids)
    embedded = (
        keras.layers.Embedding(vocab_size, options["width"], name="token_embedding")(ids) * mask
    )
    parts = []
    for width in options["kernels"]:
        conv = keras.layers.Conv1D(
            options["filters"], width, padding="same", activation="relu", name=f"conv_{width}"
        )
        hidden = conv(embedded)
        parts.append(max_over_tokens(hidden, mask) if features == "pooled" else hidden)
    hidden = keras.layers.Concatenate()(parts) if len(parts) > 1 else parts[0]
    return Features("text_cnn", ids, hidden, options["dropout"], seed, pool=max_over_tokens)


def _convolve_twice(
    vectors: keras.KerasTensor, mask: keras.KerasTensor, options: Settings
) -> keras.KerasTensor:
    """Return convolutions of all widths, and a wider one over them, which sees 21 tokens."""
    parts = [
        keras.layers.Conv1D(
            options["filters"], width, padding="same", activation="relu", name=f"conv_{width}"
        )(vectors)
        for width in options["kernels"]
    ]
    hidden = keras.layers.Concatenate()(parts) * mask
    wide = keras.layers.Conv1D(
        hidden.shape[-1] // 2, 5, padding="same", dilation_rate=5, activation="relu", name="wide"
    )
    return keras.layers.Concatenate()([hidden, wide(hidden)]) * mask


TEXT_CNN = Architecture(
    *("text_cnn", SIZES, body, ("pooled", "tokens")),
    learning_rate=2e-3,
    pair_tokens=question_aware("text_cnn", _convolve_twice),
)
