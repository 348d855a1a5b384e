"""A small transformer encoder."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from ._parts import (
    Settings,
    mean_over_tokens,
    merge_settings,
    present,
    seeded,
    token_embeddings,
)
from .features import Architecture, Features
from .two_texts import attending

SIZES = {
    "tiny": {"layers": 1, "width": 64, "heads": 2, "dropout": 0.1, "max_length": 512},
    "small": {"layers": 2, "width": 128, "heads": 4, "dropout": 0.1, "max_length": 512},
    "base": {"layers": 4, "width": 256, "heads": 4, "dropout": 0.1, "max_length": 512},
}


def transformer(
    vocab_size: int, classes: int, size: str = "small", seed: int | None = None, **settings: Any
) -> keras.Model:
    """Average a pre-norm transformer encoder over the tokens: ids to `[batch, classes]`.

    Vaswani et al. 2017, arXiv:1706.03762; layer norm first as in Xiong et al. 2020,
    arXiv:2002.04745. Settings: `layers`, `width`, `heads`, `dropout`, `max_length` in tokens:
    those beyond share one position.

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

    >>> transformer(100, 2, "tiny").output.shape
    (None, 2)
    """
    options = merge_settings(SIZES, size, settings)
    with seeded(seed):
        return body(vocab_size, options, seed, "pooled").classifier(classes)


def _body(
    ids: keras.KerasTensor,
    segments: keras.KerasTensor | None,
    vocab_size: int,
    options: Settings,
    features: str,
) -> Features:
    mask = present(ids)
    tables = (vocab_size, options["max_length"], options["width"])
    summed = token_embeddings(ids, segments, mask, tables=tables)
    hidden = keras.layers.Add(name="embeddings")(summed)
    # No seed given to a dropout: layers of one shape and one seed would drop the same places.
    hidden = keras.layers.Dropout(options["dropout"])(hidden)
    visible = ops.cast(ops.expand_dims(ops.squeeze(mask, -1), 1), "bool")
    for number in range(options["layers"]):
        hidden = _block(hidden, visible, options, f"block_{number}")
    hidden = keras.layers.LayerNormalization(name="final_norm")(hidden)
    tokens = hidden if features == "pooled" else None
    if features == "pooled":
        hidden = mean_over_tokens(hidden, mask)
    return Features(
        *("transformer", ids, hidden, options["dropout"]),
        segments=segments,
        tokens=tokens,
        pool=mean_over_tokens,
    )


def _block(
    hidden: keras.KerasTensor, visible: keras.KerasTensor, options: Settings, name: str
) -> keras.KerasTensor:
    width, dropout = options["width"], options["dropout"]
    normed = keras.layers.LayerNormalization(name=f"{name}_norm_1")(hidden)
    attention = keras.layers.MultiHeadAttention(
        options["heads"], width // options["heads"], dropout=dropout, name=f"{name}_attention"
    )
    attended = attention(normed, normed, attention_mask=visible)
    hidden = hidden + keras.layers.Dropout(dropout)(attended)
    inner = keras.layers.LayerNormalization(name=f"{name}_norm_2")(hidden)
    inner = keras.layers.Dense(4 * width, activation="relu", name=f"{name}_inner")(inner)
    inner = keras.layers.Dense(width, name=f"{name}_outer")(inner)
    # By this name `tfkd.tap` finds the block's output.
    return keras.layers.Add(name=name)([hidden, keras.layers.Dropout(dropout)(inner)])


body, pair_body = attending(_body)
TRANSFORMER = Architecture(
    *("transformer", SIZES, body, ("pooled", "tokens")),
    learning_rate=1e-3,
    pair_body=pair_body,
    pair_tokens=pair_body,
)
