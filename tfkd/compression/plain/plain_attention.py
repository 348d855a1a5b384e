"""Attention of several heads, as dense layers and operations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops

from ...models.decoders.transformer_layers import HIDDEN, count_from_zero
from .plain_layers import PlainLayers

Weights = tuple[np.ndarray, "np.ndarray | None"]
"""Kernel and bias of a dense layer."""
SIDES = ("query", "key", "value")


@dataclass(frozen=True)
class AttentionWeights:
    """What an attention is made of.

    Attributes:
        heads: How many there are.
        weights: Of `query`, `key`, `value` and `output`.
        dropout: The rate at which probabilities are dropped.
        like: Layers by the same names whose precision and so on the new ones have.
    """

    heads: int
    weights: Mapping[str, Weights]
    dropout: float = 0.0
    like: Mapping[str, Any] | None = None


class PlainAttention:
    """The layers of an attention, which may be called several times.

    Args:
        make: Makes them.
        name: What their names begin with.
        attention: What they are made of.
    """

    def __init__(self, make: PlainLayers, name: str, attention: AttentionWeights) -> None:
        self._make, self._of = make, attention
        like = attention.like or {}
        policy = like.get("query")
        self._dense = {
            side: make.dense(f"{name}_{side}", *attention.weights[side], like.get(side))
            for side in (*SIDES, "output")
        }
        self._split = {
            side: keras.layers.Reshape(
                (-1, attention.heads, attention.weights[side][0].shape[1] // attention.heads),
                name=make.name(f"{name}_{side}_heads"),
            )
            for side in SIDES
        }
        self._join = keras.layers.Reshape(
            (-1, attention.weights["value"][0].shape[1]), name=make.name(f"{name}_join")
        )
        # A layer of this name, so that taps find the probabilities.
        self._softmax = keras.layers.Softmax(
            name=make.name(f"{name}_weights"), dtype=None if policy is None else policy.dtype_policy
        )
        self._drop = make.dropout(f"{name}_weights_dropout", attention.dropout, policy)

    def __call__(self, query: Any, key: Any, value: Any, visible: Any = None) -> tuple[Any, Any]:
        """Return what each token takes from those that it sees, and the probabilities.

        Args:
            query: Vectors of the tokens that look, `[batch, tokens, width]`.
            key: Those of the tokens that they look at.
            value: What they take from these.
            visible: True where a token may be seen, `[batch, 1, tokens or 1, seen]`; None if all.
        """
        scaled = self._dense["query"](query)
        # Straight behind the dense layer, into whose weights a converter takes it.
        scaled = scaled * (self._split["query"].target_shape[-1] ** -0.5)
        queries = ops.transpose(self._split["query"](scaled), (0, 2, 1, 3))
        keys = ops.transpose(self._split["key"](self._dense["key"](key)), (0, 2, 3, 1))
        values = ops.transpose(self._split["value"](self._dense["value"](value)), (0, 2, 1, 3))
        weights = self._probabilities(ops.matmul(queries, keys), visible)
        taken = ops.transpose(ops.matmul(self._drop(weights), values), (0, 2, 1, 3))
        return self._dense["output"](self._join(taken)), weights

    def _probabilities(self, scores: Any, visible: Any) -> Any:
        if visible is None:
            return self._softmax(scores)
        if visible.shape[2] == 1:
            # One sum, made of a mask for all blocks, is faster in a file than two choices in each.
            hides = self._make.once(visible, "hides", lambda: _hide(visible))
            return self._softmax(scores + ops.cast(hides, scores.dtype))
        if self._of.dropout:
            return self._softmax(scores, mask=visible)
        # Without dropout, Keras computes what sees nothing at all in another way.
        return self._softmax(ops.where(visible, scores, ops.cast(HIDDEN, scores.dtype)))


def _hide(visible: Any) -> Any:
    """Return what hides from all tokens those that none may see, when it is added to scores."""
    return (1.0 - ops.cast(visible, keras.config.floatx())) * HIDDEN


def earlier(hidden: Any) -> Any:
    """Return True where a token is no later than the one that looks, `[batch, 1, tokens, tokens]`.

    Args:
        hidden: Vectors of tokens, `[batch, tokens, width]`.
    """
    places = count_from_zero(hidden[..., 0])
    not_later = ops.less_equal(ops.expand_dims(places, 1), ops.expand_dims(places, 2))
    return ops.expand_dims(not_later, 1)
