"""A model of lists around a model of one item: what is trained, and what is served of it."""

from __future__ import annotations

from typing import Any

TOWER = "item_tower"
NOTHING = -1e9
"""The logit of a candidate that is not there, which losses on lists pass over."""


def around(tower: Any, *, length: int, history: int, candidates: int, scale: float) -> Any:
    """Return a model from rows of blocks to a logit for each candidate.

    A logit is the product of the candidate's vector with the mean of those that were liked. The
    last number of each vector does not count, see `user_vector`.

    Args:
        tower: A model from the ids of one item to its vector, `embedding`.
        length: Ids in a block.
        history: Blocks of what was liked, at the beginning of a row.
        candidates: Blocks behind them.
        scale: What each product is multiplied by.
    """
    import keras
    from keras import ops

    blocks = history + candidates
    ids = keras.Input((None,), dtype="int32", name="input_ids")
    # As many as there are blocks, whatever a batch was padded to.
    padded = ops.pad(ids, [[0, 0], [0, blocks * length]])[:, : blocks * length]
    each = ops.reshape(padded, (-1, length))
    named = keras.Model(tower.inputs, tower.outputs[0], name=TOWER)
    vectors = ops.reshape(named(each)[:, :-1], (-1, blocks, tower.outputs[0].shape[-1] - 1))
    present = ops.any(ops.not_equal(ops.reshape(padded, (-1, blocks, length)), 0), axis=-1)
    mask = ops.cast(ops.expand_dims(present, -1), "float32")
    liked, counts = vectors[:, :history] * mask[:, :history], mask[:, :history]
    user = ops.sum(liked, axis=1) / ops.maximum(ops.sum(counts, axis=1), 1.0)
    products = ops.sum(vectors[:, history:] * ops.expand_dims(user, 1), axis=-1)
    logits = ops.where(present[:, history:], scale * products, NOTHING)
    return keras.Model(ids, logits, name=f"lists_of_{tower.name}")


def tower_of(model: Any) -> Any:
    """Return the model of one item with its output by name; of a model that is one, itself."""
    import keras

    names = {layer.name for layer in model.layers}
    if TOWER not in names:
        return model
    tower = model.get_layer(TOWER)
    return keras.Model(tower.inputs[0], {"embedding": tower.outputs[0]}, name=model.name)
