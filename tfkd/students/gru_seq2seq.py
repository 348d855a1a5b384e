"""A small recurrent model that writes: its steps cost the same however long the text is."""

from __future__ import annotations

from typing import Any

import keras

from ..models.decoders.recurrent_layers import RecurrentDecoder, read_source
from ..models.decoders.transformer_layers import TABLE, hide_padding
from ._parts import Settings, merge_settings, seeded, token_input
from .features import Architecture, Features
from .writing_layers import LayerMaker, target_input

SIZES = {
    "tiny": {"encoder": 1, "decoder": 1, "width": 64, "heads": 1, "dropout": 0.1},
    "small": {"encoder": 2, "decoder": 1, "width": 192, "heads": 2, "dropout": 0.1},
    "base": {"encoder": 2, "decoder": 2, "width": 320, "heads": 4, "dropout": 0.1},
}


def gru_seq2seq(
    vocab_size: int, size: str = "small", seed: int | None = None, **settings: Any
) -> keras.Model:
    """Make a recurrent model that writes: a source and what is written so far to logits.

    GRUs (Cho et al. 2014, arXiv:1406.1078), both ways over the source, with attention to it behind
    the first one of the decoder (Luong et al. 2015, arXiv:1508.04025). Settings: `encoder` and
    `decoder`, the number of layers, `width`, `heads`, `dropout`.

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

    >>> gru_seq2seq(100, "tiny").output.shape
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

    Args:
        vocab_size: Number of token ids.
        options: All settings of a size.
        seed: Seed of the initial weights and of the dropout.
        features: `"decoder"`, one vector for each token of the target.
    """
    get = LayerMaker(vocab_size, options)
    source, target = token_input(), target_input()
    encoded = read_source(get, source, options["encoder"])
    decoder = RecurrentDecoder(get, options["decoder"])
    states = decoder.start(encoded, source)
    seen = decoder.attention.look_at(encoded)
    hidden, _ = decoder.read(target, states, seen, hide_padding(source))
    return Features(
        *("gru_seq2seq", source, hidden, options["dropout"], seed),
        words={target.name: target},
        table=get(TABLE),
    )


GRU_SEQ2SEQ = Architecture("gru_seq2seq", SIZES, body, ("decoder",), learning_rate=3e-3)
