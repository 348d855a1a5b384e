"""Which positions and tokens count, by the names that libraries give the inputs of a model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from ..losses._batch import Outputs
from ..losses._positions import is_labelled
from .input_names import DECODER_IDS, DECODER_MASKS, IDS, MASKS


def position_mask(inputs, labels, logits) -> tf.Tensor | None:
    """Where token-level logits count, by the names that libraries give their input masks."""
    rank = logits.shape.rank
    if rank < 3:
        return None
    known = inputs if isinstance(inputs, Mapping) else {}
    if any(name in known for name in DECODER_IDS):
        return _decoder_mask(known, labels)
    for mask in (
        known.get("attention_mask"),
        known.get("padding_mask"),
        getattr(logits, "_keras_mask", None),
    ):
        if mask is not None and mask.shape.rank == rank - 1 and not _are_spans(logits, mask):
            return tf.cast(mask, tf.float32)
    return None


def _are_spans(logits, mask) -> bool:
    """Whether the logits are those of an answer's start and end: `[batch, 2, tokens]`."""
    return logits.shape[1] == 2 != mask.shape[1]


def _decoder_mask(known, labels) -> tf.Tensor | None:
    """Where a decoder's logits count: by its own mask, else where there is a label."""
    for name in DECODER_MASKS:
        if known.get(name) is not None:
            return tf.cast(known[name], tf.float32)
    return None if labels is None else tf.cast(is_labelled(labels), tf.float32)


def of_spans(outputs: Outputs, inputs) -> Outputs:
    """The logits of a question-answering model with -inf at padded tokens, which answer nothing."""
    mask = token_mask(inputs)
    if "start_logits" not in outputs or mask is None:
        return outputs
    logits = tf.cast(outputs["logits"], tf.float32)
    masked = tf.where(mask[:, None] > 0, logits, -float("inf"))
    return {**outputs, "logits": masked}


def token_mask(inputs) -> tf.Tensor | None:
    """1 where a token is there, by an input mask, or by ids that are not 0: `[batch, tokens]`."""
    known = inputs if isinstance(inputs, Mapping) else {"input_ids": inputs}
    for name in (*MASKS, *IDS):
        found: Any = known.get(name)
        if tf.is_tensor(found) and found.shape.rank == 2 and not found.dtype.is_floating:
            return tf.cast(tf.not_equal(found, 0), tf.float32)
    return None
