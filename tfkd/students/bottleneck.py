"""A transformer whose blocks compute in fewer numbers than they hand on."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from ..errors import UserError
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

_NAMES = ("layers", "width", "bottleneck", "heads", "feed_forwards", "embedding")
_COMMON = {"dropout": 0.1, "max_length": 512}
SIZES = {
    "tiny": {**dict(zip(_NAMES, (2, 128, 32, 2, 2, 32), strict=True)), **_COMMON},
    "small": {**dict(zip(_NAMES, (4, 256, 64, 4, 2, 64), strict=True)), **_COMMON},
    "base": {**dict(zip(_NAMES, (6, 384, 96, 4, 4, 128), strict=True)), **_COMMON},
}


def bottleneck(
    vocab_size: int, classes: int, size: str = "small", seed: int | None = None, **settings: Any
) -> keras.Model:
    """Average a transformer of narrow blocks over the tokens: ids to `[batch, classes]`.

    What blocks hand on is as wide as in a teacher, whose hidden states can so be learnt block by
    block, and all that they compute is narrow: each begins with a dense layer to `bottleneck`
    numbers, attends in them, has several small feed-forward layers, and ends with a dense layer
    back. After Sun et al. 2020 (MobileBERT), arXiv:2004.02984, section 3; here with layer norms,
    and positions as narrow as tokens. Settings: `layers`, `width` between blocks, `bottleneck`
    inside of them, `heads`, `feed_forwards` in a block, `embedding` (the width of the tables, of
    which three neighbours make one vector), `dropout`, `max_length` in tokens: those beyond share
    one position.

    Args:
        vocab_size: Number of token ids, 0 for padding among them.
        classes: Number of classes.
        size: `"tiny"`, `"small"` or `"base"`.
        seed: Seed of the initial weights and of the dropout; None draws others each time.
        **settings: Replace settings of the size, see above.

    Returns:
        A model from token ids `[batch, tokens]` to logits `[batch, classes]`.

    Raises:
        UserError: An unknown size or setting, or heads that do not divide the bottleneck.

    >>> bottleneck(100, 2, "tiny").output.shape
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
    if options["bottleneck"] % options["heads"]:
        raise UserError(
            f"bottleneck={options['bottleneck']} is no multiple of heads={options['heads']}: write "
            "numbers of which one divides the other."
        )
    mask = present(ids)
    hidden = _embed(ids, segments, mask, vocab_size=vocab_size, options=options)
    visible = ops.cast(ops.expand_dims(ops.squeeze(mask, -1), 1), "bool")
    for number in range(options["layers"]):
        hidden = _block(hidden, visible, options, f"block_{number}")
    tokens = hidden if features == "pooled" else None
    if features == "pooled":
        hidden = mean_over_tokens(hidden, mask)
    return Features(
        *("bottleneck", ids, hidden, options["dropout"]),
        segments=segments,
        tokens=tokens,
        pool=mean_over_tokens,
    )


def _embed(
    ids: keras.KerasTensor,
    segments: keras.KerasTensor | None,
    mask: keras.KerasTensor,
    *,
    vocab_size: int,
    options: Settings,
) -> keras.KerasTensor:
    """Make each token's vector of its own numbers and those of its neighbours."""
    tables = (vocab_size, options["max_length"], options["embedding"])
    summed = token_embeddings(ids, segments, mask, tables=tables)
    # Padding is 0 to its neighbours, as what lies beyond a text is.
    hidden = keras.layers.Add(name="narrow_embeddings")(summed) * mask
    near = keras.layers.Conv1D(options["width"], 3, padding="same", name="embeddings_neighbours")
    hidden = keras.layers.LayerNormalization(name="embeddings")(near(hidden))
    return keras.layers.Dropout(options["dropout"])(hidden)


def _block(
    hidden: keras.KerasTensor, visible: keras.KerasTensor, options: Settings, name: str
) -> keras.KerasTensor:
    narrow, dropout = options["bottleneck"], options["dropout"]
    low = keras.layers.Dense(narrow, name=f"{name}_down")(hidden)
    low = keras.layers.LayerNormalization(name=f"{name}_down_norm")(low)
    attention = keras.layers.MultiHeadAttention(
        options["heads"],
        narrow // options["heads"],
        output_shape=narrow,
        dropout=dropout,
        name=f"{name}_attention",
    )
    # What is taken from a token comes of all that is known of it.
    attended = attention(low, hidden, low, attention_mask=visible)
    low = keras.layers.LayerNormalization(name=f"{name}_attention_norm")(low + attended)
    for number in range(options["feed_forwards"]):
        own = f"{name}_feed_{number}"
        inner = keras.layers.Dense(4 * narrow, activation="relu", name=f"{own}_inner")(low)
        outer = keras.layers.Dense(narrow, name=f"{own}_outer")(inner)
        low = keras.layers.LayerNormalization(name=f"{own}_norm")(low + outer)
    wide = keras.layers.Dense(options["width"], name=f"{name}_up")(low)
    wide = keras.layers.Dropout(dropout)(wide)
    # By this name `tfkd.tap` finds the block's output.
    return keras.layers.LayerNormalization(name=name)(hidden + wide)


body, pair_body = attending(_body)
BOTTLENECK = Architecture(
    *("bottleneck", SIZES, body, ("pooled", "tokens")),
    learning_rate=1e-3,
    pair_body=pair_body,
    pair_tokens=pair_body,
)
