"""Tables of tokens and of positions taken apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...errors import UserError
from ...models.decoders.transformer_layers import count_from_zero
from ...models.keras_internals import calls_of
from .plain_layers import PlainLayers, as_array


def expand_table(make: PlainLayers, layer: Any, name: str | None = None) -> Callable[..., Any]:
    """Return an embedding in place of a table that could be read both ways, where it is not.

    Args:
        make: Makes the layers.
        layer: The table.
        name: What the embedding is called; by default as the table.
    """

    def expand() -> Callable[..., Any]:
        if reads_both_ways(layer):
            return make.copy(layer, name, (None,))
        plain = make.embedding(
            name or layer.name,
            as_array(layer.embeddings),
            layer,
            mask_zero=layer.mask_zero,
            embeddings_initializer=layer.embeddings_initializer,
        )
        return lambda ids, reverse=False: plain(ids)

    # One layer may be a part of another one and stand beside it.
    return make.once(layer, "table", expand)


def reads_both_ways(layer: Any) -> bool:
    """Return whether a table was ever called to turn vectors into logits."""
    return any(len(args) > 1 or options.get("reverse") for args, options in calls_of(layer))


def expand_positions(make: PlainLayers, layer: Any, name: str | None = None) -> Callable[..., Any]:
    """Return an embedding of counted tokens in place of one of positions.

    Args:
        make: Makes the layers.
        layer: The embedding of positions, called on vectors of tokens.
        name: What the embedding is called; by default as the layer.
    """
    table = as_array(layer.position_embeddings)
    plain = make.embedding(
        name or layer.name, table, layer, embeddings_initializer=layer.initializer
    )

    def place(tokens: Any, start_index: Any = 0, positions: Any = None) -> Any:
        _check_positions(layer, start_index)
        if positions is None:
            # Counting tokens gives positions without asking a dynamic shape for its length.
            positions = make.once(tokens, "positions", lambda: count_from_zero(tokens[..., 0]))
        return plain(positions)

    return place


def expand_tokens_and_positions(make: PlainLayers, layer: Any) -> Callable[..., Any]:
    """Return two embeddings and their sum, which has the name of the layer."""
    tokens = expand_table(make, layer.token_embedding)
    placed = expand_positions(make, layer.position_embedding)
    add = make.add(layer.name, layer)

    def embed(ids: Any, start_index: Any = 0, positions: Any = None) -> Any:
        _check_positions(layer, start_index)
        if positions is None:
            positions = make.once(ids, "positions", lambda: count_from_zero(ids))
        vectors = tokens(ids)
        return add([vectors, placed(vectors, positions=positions)])

    return embed


def _check_positions(layer: Any, start: Any) -> None:
    if not isinstance(start, int) or start:
        raise UserError(
            f"the embedding {layer.name!r} is called with start_index={start!r}, with which it "
            "cannot be taken apart: count from 0, or give positions=."
        )
