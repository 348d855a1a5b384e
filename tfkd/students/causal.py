"""A small causal transformer: what each token is followed by, given those before it."""

from __future__ import annotations

from typing import Any

import keras

from ..models.decoders.transformer_layers import TABLE, Block, count_from_zero, hide_later, place
from ._parts import Settings, merge_settings, seeded, token_input
from .features import Architecture, Features
from .writing_layers import LayerMaker

SIZES = {
    "tiny": {"layers": 2, "width": 64, "heads": 4, "dropout": 0.1},
    "small": {"layers": 3, "width": 128, "heads": 4, "dropout": 0.1},
    "base": {"layers": 6, "width": 256, "heads": 8, "dropout": 0.1},
}


def causal(
    vocab_size: int, size: str = "small", seed: int | None = None, **settings: Any
) -> keras.Model:
    """Make a language model: ids to the logits of the token after each.

    A transformer decoder with its norms first, as GPT-2 (Radford et al. 2019). Settings: `layers`,
    `width`, `heads`, `dropout`.

    Args:
        vocab_size: Number of token ids.
        size: `"tiny"`, `"small"` or `"base"`; small is a good first choice.
        seed: Seed of the initial weights and of the dropout; None draws others each time.
        **settings: Replace settings of the size, see above.

    Returns:
        A model from token ids `[batch, tokens]` to logits `[batch, tokens, vocabulary]`.

    Raises:
        UserError: An unknown size or setting.

    >>> causal(100, "tiny").output.shape
    (None, None, 100)
    """
    options = merge_settings(SIZES, size, settings)
    with seeded(seed):
        features = body(vocab_size, options, seed)
        return features.model({"logits": features.next_tokens()})


def body(
    vocab_size: int, options: Settings, seed: int | None, features: str = "causal"
) -> Features:
    """Make the student without its outputs.

    What pads a row stands behind its tokens, and none of them sees it: there is no mask for it.

    Args:
        vocab_size: Number of token ids.
        options: All settings of a size.
        seed: Seed of the initial weights and of the dropout.
        features: `"causal"`, one vector for each token, which has seen those before it.
    """
    get, ids = LayerMaker(vocab_size, options), token_input()
    positions = count_from_zero(ids)
    bias = hide_later(positions, positions)
    hidden = get("decoder_embeddings")(place(get, get(TABLE)(ids), positions))
    for number in range(options["layers"]):
        block = Block(get, f"decoder_{number}")
        hidden = block(hidden, block.look_at(hidden), bias)
    hidden = get("decoder_norm")(hidden)
    return Features("causal", ids, hidden, options["dropout"], seed, table=get(TABLE))


CAUSAL = Architecture("causal", SIZES, body, ("causal",), learning_rate=2e-3)
