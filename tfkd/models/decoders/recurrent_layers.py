"""What the layers of a recurrent model compute, over whole texts or a token at a time.

Layers come from a function of their names, as those of `transformer_layers`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keras import ops

from .transformer_layers import TABLE, AttentionLayers, Get, KeysAndValues

GRU, BOTH_WAYS, START = "decoder_gru_", "encoder_gru_", "decoder_start_"
ATTENTION, MIX, NORM = "decoder_cross", "decoder_mix", "decoder_norm"


class RecurrentDecoder:
    """The decoder of a recurrent model.

    Args:
        get: Gives its layers by name.
        layers: How many GRUs stand on each other.

    Attributes:
        attention: How the first of them looks at the source.
    """

    def __init__(self, get: Get, layers: int) -> None:
        self._get, self._layers = get, layers
        self.attention = AttentionLayers(get, ATTENTION)

    def start(self, encoded: Any, source: Any) -> list[Any]:
        """Return the state of each GRU before the first token, `[batch, width]`.

        Args:
            encoded: Vectors of the source's tokens.
            source: Its ids, padded with 0.
        """
        there = ops.expand_dims(ops.cast(ops.not_equal(source, 0), encoded.dtype), -1)
        mean = ops.sum(encoded * there, axis=1) / ops.maximum(ops.sum(there, axis=1), 1)
        return [self._get(f"{START}{number}")(mean) for number in range(self._layers)]

    def read(
        self, tokens: Any, states: Sequence[Any], seen: KeysAndValues, hides: Any
    ) -> tuple[Any, list[Any]]:
        """Return a vector for each token, from which the next one is told, and the last states.

        Args:
            tokens: Those of the text, `[batch, tokens]`.
            states: Those of the GRUs before.
            seen: The source.
            hides: What hides its padding.
        """
        return self._read(tokens, states, seen, hides, self._over_all)

    def step(
        self, tokens: Any, states: Sequence[Any], seen: KeysAndValues, hides: Any
    ) -> tuple[Any, list[Any]]:
        """Return the same for one token, without a loop that a converter would have to take over.

        Args:
            tokens: One of each text, `[batch, 1]`.
            states: Those of the GRUs before.
            seen: The source.
            hides: What hides its padding.
        """
        return self._read(tokens, states, seen, hides, self._one)

    def _read(
        self, tokens: Any, states: Sequence[Any], seen: KeysAndValues, hides: Any, run: Any
    ) -> tuple[Any, list[Any]]:
        hidden = self._get("decoder_embeddings")(embed(self._get, tokens))
        after: list[Any] = []
        for number, state in enumerate(states):
            more, last = run(self._get(f"{GRU}{number}"), hidden, state)
            after.append(last)
            hidden = hidden + more
            if not number:
                taken = self.attention(hidden, seen, hides)
                joined = ops.concatenate([hidden, taken], axis=-1)
                hidden = hidden + self._get("decoder_mix_dropout")(self._get(MIX)(joined))
        return self._get(NORM)(hidden), after

    @staticmethod
    def _over_all(gru: Any, hidden: Any, state: Any) -> tuple[Any, Any]:
        read = gru(hidden, initial_state=state)
        return read, read[:, -1]

    @staticmethod
    def _one(gru: Any, hidden: Any, state: Any) -> tuple[Any, Any]:
        read, _ = gru.cell(hidden[:, 0], [state])
        return ops.expand_dims(read, 1), read


def embed(get: Get, ids: Any) -> Any:
    """Return vectors of tokens, of about the size that a GRU reads well.

    Args:
        get: Gives layers by name.
        ids: Those of the tokens.
    """
    vectors = get(TABLE)(ids)
    return vectors * float(vectors.shape[-1]) ** 0.5


def read_source(get: Get, ids: Any, layers: int) -> Any:
    """Return the vectors of the source's tokens, `[batch, tokens, width]`.

    Args:
        get: Gives layers by name.
        ids: Padded with 0.
        layers: How many there are.
    """
    # The mask is handed over, so that the backward direction starts at the last token.
    there = ops.not_equal(ids, 0)
    hidden = get("encoder_embeddings")(embed(get, ids))
    for number in range(layers):
        hidden = hidden + get(f"{BOTH_WAYS}{number}")(hidden, mask=there)
    return get("encoder_norm")(hidden)
