"""What an attention layer computes on its way: queries, keys, values, scores and probabilities."""

from __future__ import annotations

import inspect

import tensorflow as tf

METHOD = "_compute_attention"  # of Keras's MultiHeadAttention, of tf_keras's and of KerasHub's
OF_ATTENTION = ("attention_scores", "queries", "keys", "values")
_HIDDEN = -1e9
_PROJECTIONS = (
    ("query", "key", "value"),
    ("q_lin", "k_lin", "v_lin"),
    ("q_proj", "k_proj", "v_proj"),
)
_HEADS = ("num_attention_heads", "n_heads", "num_heads")


def is_attention(layer) -> bool:
    """Whether a layer computes attention as Keras's `MultiHeadAttention` does."""
    return hasattr(layer, METHOD)


def taken(name: str, layer, args: tuple, options: dict, value) -> tf.Tensor:
    """One output of a call of an attention layer.

    Queries, keys and values are `[batch, heads, tokens, width]`; `attention_scores` are their
    scaled products before mask and softmax, `[batch, heads, queries, keys]`, and `attentions`
    the probabilities, before dropout.
    """
    given = inspect.signature(getattr(layer, METHOD)).bind(*args, **options).arguments
    if name == "attentions" and value[1] is not None:
        return value[1]
    query, key = (tf.convert_to_tensor(given[each]) for each in ("query", "key"))
    if name in ("queries", "keys", "values"):
        sides = {"queries": query, "keys": key, "values": given["value"]}
        return tf.transpose(sides[name], [0, 2, 1, 3])
    scores = tf.einsum("bqnh,bknh->bnqk", query, key) / tf.sqrt(
        tf.cast(tf.shape(query)[-1], query.dtype)
    )
    if name == "attention_scores":
        return scores
    return _probabilities(scores, given.get("attention_mask"), given.get("use_causal_mask"))


def projection(layer, name: str):
    """The layer of a Hugging Face attention that makes its queries, keys or values; its heads."""
    for names in _PROJECTIONS:
        found = getattr(layer, names[("queries", "keys", "values").index(name)], None)
        heads = next((getattr(layer, n) for n in _HEADS if hasattr(layer, n)), None)
        if hasattr(found, "kernel") and isinstance(heads, int):
            return found, heads
    return None


def in_heads(tensor: tf.Tensor, heads: int) -> tf.Tensor:
    """`[batch, tokens, heads * width]` as `[batch, heads, tokens, width]`."""
    shape = tf.shape(tensor)
    split = tf.reshape(tensor, [shape[0], shape[1], heads, tensor.shape[-1] // heads])
    return tf.transpose(split, [0, 2, 1, 3])


def _probabilities(scores: tf.Tensor, mask, causal) -> tf.Tensor:
    """The softmax of scores, for a layer that had no need of the probabilities themselves."""
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
