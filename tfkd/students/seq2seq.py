"""A small transformer that writes: a deep encoder, and a shallow decoder that is fast to step."""

from __future__ import annotations

from typing import Any

import keras

from ..models.decoders.transformer_layers import (
    TABLE,
    Block,
    count_from_zero,
    hide_later,
    hide_padding,
    place,
    read_source,
)
from ._parts import Settings, merge_settings, seeded, token_input
from .features import Architecture, Features
from .writing_layers import LayerMaker, target_input

SIZES = {
    "tiny": {"encoder": 2, "decoder": 1, "width": 64, "heads": 4, "dropout": 0.1},
    "small": {"encoder": 4, "decoder": 1, "width": 128, "heads": 4, "dropout": 0.1},
    "base": {"encoder": 6, "decoder": 2, "width": 256, "heads": 8, "dropout": 0.1},
}


def seq2seq(
    vocab_size: int, size: str = "small", seed: int | None = None, **settings: Any
) -> keras.Model:
    """Make a transformer that writes: a source and what is written so far to logits.

    Most of its layers are in the encoder, which runs once (Kasai et al. 2021, arXiv:2006.10369).
    Settings: `encoder` and `decoder`, the number of blocks, `width`, `heads`, `dropout`.

    Args:
        vocab_size: Number of token ids, 0 for padding among them, of both languages together.
        size: `"tiny"`, `"small"` or `"base"`; small is a good first choice.
        seed: Seed of the initial weights and of the dropout; None draws others each time.
        **settings: Replace settings of the size, see above.

    Returns:
        A model of `input_ids` and `decoder_input_ids`, `[batch, tokens]`, to logits `[batch,
        tokens, vocabulary]` of the token after each of the latter.

    Raises:
        UserError: An unknown size or setting.

    >>> seq2seq(100, "tiny").output.shape
    (None, None, 100)
    """
    options = merge_settings(SIZES, size, settings)
    with seeded(seed):
        features = body(vocab_size, options, seed)
        return features.model({"logits": features.next_tokens()})


def body(
    vocab_size: int, options: Settings, seed: int | None, features: str = "decoder"
) -> Features:
    """Make the student without its outputs.

    Its norms come first, and one table serves source, target and output.

    Args:
        vocab_size: Number of token ids, 0 for padding among them.
        options: All settings of a size.
        seed: Seed of the initial weights and of the dropout.
        features: `"decoder"`, one vector for each token of the target.
    """
    get = LayerMaker(vocab_size, options)
    source, target = token_input(), target_input()
    encoded = read_source(get, source, options["encoder"])
    hides = hide_padding(source)
    positions = count_from_zero(target)
    bias = hide_later(positions, positions)
    hidden = get("decoder_embeddings")(place(get, get(TABLE)(target), positions))
    for number in range(options["decoder"]):
        block = Block(get, f"decoder_{number}", sees_source=True)
        assert block.of_source is not None
        seen = block.of_source.look_at(encoded)
        hidden = block(hidden, block.look_at(hidden), bias, seen, hides)
    hidden = get("decoder_norm")(hidden)
    return Features(
        *("seq2seq", source, hidden, options["dropout"], seed),
        words={target.name: target},
        table=get(TABLE),
    )


SEQ2SEQ = Architecture("seq2seq", SIZES, body, ("decoder",), learning_rate=2e-3)
