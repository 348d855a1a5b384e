"""What an attention layer computes on its way: queries, keys, values, scores and probabilities."""

from __future__ import annotations

import inspect
from typing import Any

import tensorflow as tf

# Of Keras's MultiHeadAttention, of tf_keras's and of KerasHub's.
METHOD = "_compute_attention"
OF_ATTENTION = ("attention_scores", "queries", "keys", "values")
_HIDDEN = -1e9
_PROJECTIONS = (
    ("query", "key", "value"),
    ("q_lin", "k_lin", "v_lin"),
    ("q_proj", "k_proj", "v_proj"),
)
_HEADS = ("num_attention_heads", "n_heads", "num_heads")


def is_attention(layer: Any) -> bool:
    """Return whether a layer computes attention as Keras's `MultiHeadAttention` does."""
    return hasattr(layer, METHOD)


def gives_probabilities(layer: Any) -> bool:
    """Return whether a layer's output is the probabilities of an attention of separate layers.

    A softmax may also end a classifier: those of our students have names that say what they are.
    """
    return type(layer).__name__ == "Softmax" and layer.name.endswith("_weights")


def read_call(name: str, layer: Any, args: tuple, options: dict, value: Any) -> tf.Tensor:
    """Return one output of a call of an attention layer.

    Queries, keys and values are `[batch, heads, tokens, width]`; `attention_scores` are their
    scaled products before mask and softmax, `[batch, heads, queries, keys]`, and `attentions`
    the probabilities, before dropout.
    """
    arguments = inspect.signature(getattr(layer, METHOD)).bind(*args, **options).arguments
    if name == "attentions" and value[1] is not None:
        return value[1]
    query, key = (tf.convert_to_tensor(arguments[side]) for side in ("query", "key"))
    if name in ("queries", "keys", "values"):
        sides = {"queries": query, "keys": key, "values": arguments["value"]}
        return tf.transpose(sides[name], [0, 2, 1, 3])
    scores = tf.einsum("bqnh,bknh->bnqk", query, key) / tf.sqrt(
        tf.cast(tf.shape(query)[-1], query.dtype)
    )
    if name == "attention_scores":
        return scores
    return _probabilities(scores, arguments.get("attention_mask"), arguments.get("use_causal_mask"))


def find_projection(layer: Any, name: str) -> tuple[Any, int] | None:
    """Return the layer that makes queries, keys or values in Hugging Face, and its heads."""
    for names in _PROJECTIONS:
        dense = getattr(layer, names[("queries", "keys", "values").index(name)], None)
        heads = next((getattr(layer, n) for n in _HEADS if hasattr(layer, n)), None)
        if hasattr(dense, "kernel") and isinstance(heads, int):
            return dense, heads
    return None


def split_heads(tensor: tf.Tensor, heads: int) -> tf.Tensor:
    """Split `[batch, tokens, heads * width]` to `[batch, heads, tokens, width]`."""
    shape = tf.shape(tensor)
    split = tf.reshape(tensor, [shape[0], shape[1], heads, tensor.shape[-1] // heads])
    return tf.transpose(split, [0, 2, 1, 3])


def _probabilities(scores: tf.Tensor, mask: Any, causal: Any) -> tf.Tensor:
    """Return the softmax of scores, for a layer that did not compute the probabilities."""
    scores = tf.cast(scores, tf.float32)
    if mask is not None:
        mask = tf.cast(mask, tf.bool)
        while mask.shape.rank < 4:
            mask = tf.expand_dims(mask, 1)
        scores = tf.where(mask, scores, _HIDDEN)
    if causal and mask is None:
        earlier = tf.linalg.band_part(tf.ones(tf.shape(scores)[-2:]), -1, 0) > 0
        scores = tf.where(earlier, scores, _HIDDEN)
    return tf.nn.softmax(scores)
