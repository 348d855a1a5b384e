"""What the layers of a transformer compute, whether over whole texts or a token at a time.

Layers come from a function of their names: of a student that is being built it makes them, of a
model that is there it finds them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from keras import layers, ops

Get = Callable[[str], layers.Layer]
HIDDEN = -1e4
"""What is added to the score of a token that must not be seen: also float16 can hold it."""
TABLE = "token_embedding"
FREQUENCIES = "position_frequencies"
SPLIT, JOIN = "split_heads", "join_heads"
"""Layers without weights that all attentions share; the first one knows the number of heads."""


@dataclass(frozen=True)
class KeysAndValues:
    """What an attention looks at: `[batch, heads, tokens, width of a head]`, twice."""

    keys: Any
    values: Any

    def followed_by(self, more: KeysAndValues) -> KeysAndValues:
        """Return these tokens with others behind them."""
        return KeysAndValues(
            ops.concatenate([self.keys, more.keys], axis=2),
            ops.concatenate([self.values, more.values], axis=2),
        )


class AttentionLayers:
    """An attention of several heads (Vaswani et al. 2017, arXiv:1706.03762).

    Args:
        get: Gives its layers by name.
        name: What their names begin with.
    """

    def __init__(self, get: Get, name: str) -> None:
        self._get, self._name = get, name

    def look_at(self, hidden: Any) -> KeysAndValues:
        """Return the keys and values of vectors of tokens, `[batch, tokens, width]`."""
        return KeysAndValues(self._heads("key", hidden), self._heads("value", hidden))

    def __call__(self, hidden: Any, seen: KeysAndValues, bias: Any) -> Any:
        """Return what each token takes from those that it sees.

        Args:
            hidden: Vectors of the tokens that look, `[batch, tokens, width]`.
            seen: Those that they look at.
            bias: Is added to the scores: `HIDDEN` where a token must not be seen; None if all are.
        """
        queries = self._heads("query", hidden)
        scale = float(queries.shape[-1]) ** -0.5
        scores = ops.matmul(queries * scale, ops.transpose(seen.keys, (0, 1, 3, 2)))
        # A layer, so that taps find the probabilities.
        if bias is not None:
            scores = scores + ops.cast(bias, scores.dtype)
        weights = self._layer("weights")(scores)
        taken = ops.transpose(ops.matmul(weights, seen.values), (0, 2, 1, 3))
        return self._layer("outer")(self._get(JOIN)(taken))

    def _heads(self, kind: str, hidden: Any) -> Any:
        return ops.transpose(self._get(SPLIT)(self._layer(kind)(hidden)), (0, 2, 1, 3))

    def _layer(self, kind: str) -> layers.Layer:
        return self._get(f"{self._name}_{kind}")


class Block:
    """A block of a transformer with its norms first (Xiong et al. 2020, arXiv:2002.04745).

    Args:
        get: Gives its layers by name.
        name: What their names begin with; the last one has this name.
        sees_source: Whether it looks at a source too, as in a decoder.
    """

    def __init__(self, get: Get, name: str, *, sees_source: bool = False) -> None:
        self._get, self._name = get, name
        self.own = AttentionLayers(get, f"{name}_self")
        self.of_source = AttentionLayers(get, f"{name}_cross") if sees_source else None

    def look_at(self, hidden: Any) -> KeysAndValues:
        """Return the keys and values that tokens have for those of the same text."""
        return self.own.look_at(self._norm("self_norm", hidden))

    def __call__(
        self, hidden: Any, seen: KeysAndValues, bias: Any, source: Any = None, hides: Any = None
    ) -> Any:
        """Return the next vectors of tokens.

        Args:
            hidden: Their vectors, `[batch, tokens, width]`.
            seen: The keys and values of all tokens of the text so far, these among them.
            bias: `HIDDEN` for those that each must not see; None if it sees all.
            source: The keys and values of the source, of a block that sees it.
            hides: `HIDDEN` for the padding of the source.
        """
        hidden = self._add("self", hidden, self.own(self._norm("self_norm", hidden), seen, bias))
        if self.of_source is not None:
            normed = self._norm("cross_norm", hidden)
            hidden = self._add("cross", hidden, self.of_source(normed, source, hides))
        inner = self._layer("inner")(self._norm("norm", hidden))
        return self._add("", hidden, self._layer("outer")(inner))

    def _norm(self, name: str, hidden: Any) -> Any:
        return self._layer(name)(hidden)

    def _add(self, name: str, hidden: Any, more: Any) -> Any:
        more = self._layer(f"{name}_dropout".lstrip("_"))(more)
        # By this name `tfkd.tap` finds the block's output.
        return self._get(f"{self._name}_{name}".rstrip("_"))([hidden, more])

    def _layer(self, name: str) -> layers.Layer:
        return self._get(f"{self._name}_{name}")


def place(get: Get, vectors: Any, positions: Any) -> Any:
    """Return vectors of tokens with sines and cosines of their positions added, times the root.

    No table of positions: a text may be of any length.

    Args:
        get: Gives layers by name.
        vectors: Those of the table, `[batch, tokens, width]`.
        positions: From 0, `[batch, tokens]`, whole numbers.
    """
    angles = get(FREQUENCIES)(ops.expand_dims(ops.cast(positions, "float32"), -1))
    waves = ops.concatenate([ops.sin(angles), ops.cos(angles)], axis=-1)
    root = float(vectors.shape[-1]) ** 0.5
    return vectors * root + ops.cast(waves, vectors.dtype)


def count_from_zero(ids: Any) -> Any:
    """Return the position of each token, `[batch, tokens]`, int32.

    Counting asks no dynamic shape for its length.
    """
    return ops.cumsum(ops.ones_like(ids, dtype="int32"), axis=1) - 1


def hide_padding(ids: Any, pad_id: int = 0) -> Any:
    """Return what hides padding from all tokens, `[batch, 1, 1, tokens]`.

    Args:
        ids: Padded ids.
        pad_id: That of padding.
    """
    hidden = ops.cast(ops.equal(ids, pad_id), "float32") * HIDDEN
    return ops.expand_dims(ops.expand_dims(hidden, 1), 1)


def hide_later(positions: Any, of_seen: Any) -> Any:
    """Return what hides from each token those behind it, `[batch, 1, tokens, seen]`.

    Args:
        positions: Those of the tokens, `[batch, tokens]`.
        of_seen: Those of the tokens that they could see.
    """
    later = ops.greater(ops.expand_dims(of_seen, 1), ops.expand_dims(positions, 2))
    return ops.expand_dims(ops.cast(later, "float32") * HIDDEN, 1)


def read_source(get: Get, ids: Any, blocks: int) -> Any:
    """Return the vectors of the source's tokens, `[batch, tokens, width]`.

    Args:
        get: Gives layers by name.
        ids: Padded with 0.
        blocks: How many the encoder has.
    """
    there = ops.cast(ops.not_equal(ids, 0), "int32")
    # Padding moves no position, on whichever side it is.
    positions = ops.maximum(ops.cumsum(there, axis=1) - 1, 0)
    hidden = get("encoder_embeddings")(place(get, get(TABLE)(ids), positions))
    bias = hide_padding(ids)
    for number in range(blocks):
        block = Block(get, f"encoder_{number}")
        hidden = block(hidden, block.look_at(hidden), bias)
    return get("encoder_norm")(hidden)
