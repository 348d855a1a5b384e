"""Which positions and tokens count, by the names that libraries give the inputs of a model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from ..losses._batch import Outputs
from ..losses._positions import is_labelled
from ..losses._states import SOURCE, TARGET
from ..text.words import WORD_STARTS
from .input_names import DECODER_IDS, DECODER_MASKS, ENCODER_IDS, ENCODER_MASKS, IDS, MASKS
from .keras_internals import attached_mask
from .outputs import SPANS


def position_mask(inputs: Any, labels: tf.Tensor | None, outputs: Outputs) -> tf.Tensor | None:
    """Find which positions of logits count, by the names that libraries give their input masks.

    Args:
        inputs: What the model read.
        labels: Say which positions of a decoder without a mask count.
        outputs: What the model returned, by name: of an answer's start and end every token is a
            class, and no position. Where inputs say where words start, positions are words.
    """
    logits = outputs["logits"]
    rank = logits.shape.rank
    if rank < 3 or has_spans(outputs):
        return None
    known = inputs if isinstance(inputs, Mapping) else {}
    if any(name in known for name in DECODER_IDS):
        return _decoder_mask(known, labels, attached_mask(logits))
    if known.get(WORD_STARTS) is not None:
        return _word_mask(known[WORD_STARTS], logits)
    for mask in (
        known.get("attention_mask"),
        known.get("padding_mask"),
        attached_mask(logits),
    ):
        if mask is not None and mask.shape.rank == rank - 1:
            return tf.cast(mask, tf.float32)
    return None


def labelled_positions(inputs: Any, labels: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """Return 1 where a label is known: the positions of a text that is written, for `Distiller`.

    Its padding, and what is given, are no lesson of a teacher either.

    Args:
        inputs: What the model read.
        labels: The token after each, -100 where none is to be learnt.
        logits: What the model returned.
    """
    return tf.cast(is_labelled(labels), tf.float32)


def _word_mask(starts: tf.Tensor, logits: tf.Tensor) -> tf.Tensor | None:
    """Return 1 at each word and 0 at padding; `None` for logits of other positions than words.

    The two positions of an answer, `[batch, 2, words]`, both count.
    """
    positions = logits.shape[1]
    if logits.shape.rank != 3 or (positions is not None and positions != starts.shape[1]):
        return None
    return tf.cast(starts >= 0, tf.float32)


def _decoder_mask(
    inputs: Mapping, labels: tf.Tensor | None, attached: tf.Tensor | None
) -> tf.Tensor | None:
    """Find where a decoder's logits count: by its own mask, else where there is a label.

    Without either, by the mask that Keras attached, else before the zeros at the end of its ids;
    the first token counts, since some libraries start a text with that of padding.
    """
    given = any(inputs.get(name) is not None for name in DECODER_MASKS)
    if labels is not None and not given:
        return tf.cast(is_labelled(labels), tf.float32)
    if attached is not None and attached.shape.rank == 2 and not given:
        return tf.cast(attached, tf.float32)
    return _written(inputs)


def _written(inputs: Mapping) -> tf.Tensor:
    """Return 1 at each token that a decoder reads, and 0 at its padding, `[batch, tokens]`."""
    for name in DECODER_MASKS:
        if inputs.get(name) is not None:
            return tf.cast(inputs[name], tf.float32)
    ids = next(inputs[name] for name in DECODER_IDS if name in inputs)
    behind = tf.cumsum(tf.cast(ids != 0, tf.int32), axis=-1, reverse=True)
    there = tf.concat([tf.ones_like(behind[:, :1]), behind[:, 1:]], axis=-1)
    return tf.cast(there > 0, tf.float32)


def has_spans(outputs: Outputs) -> bool:
    """Return whether a model answers questions, by the start and the end of an answer."""
    return set(SPANS) <= set(outputs)


def mask_span_logits(outputs: Outputs, inputs: Any) -> Outputs:
    """Set start and end logits to -inf at padded tokens, which answer nothing."""
    mask = token_mask(inputs) if has_spans(outputs) else None
    if mask is None:
        return outputs
    logits = tf.cast(outputs["logits"], tf.float32)
    masked = tf.where(mask[:, None] > 0, logits, -float("inf"))
    return {**outputs, "logits": masked}


def name_span_logits(outputs: Outputs) -> Outputs:
    """Name the start and the end logits in logits `[batch, 2, tokens]`."""
    return {**outputs, **dict(zip(SPANS, tf.unstack(outputs["logits"], axis=1), strict=True))}


def token_mask(inputs: Any) -> tf.Tensor | None:
    """Return 1 at each token and 0 at padding, `[batch, tokens]`, by an input mask or ids.

    Of a model with a decoder they are those that it reads, see `state_masks`.
    """
    known = inputs if isinstance(inputs, Mapping) else {"input_ids": inputs}
    if any(name in known for name in DECODER_IDS):
        return _written(known)
    return _read(known)


def state_masks(inputs: Any) -> dict[str, tf.Tensor | None] | None:
    """Return 1 at each token of the source and of the target; None without a decoder.

    So are the hidden states of the encoder, and those of the decoder.

    Args:
        inputs: What a model reads. A source that is no text has no mask.
    """
    known = inputs if isinstance(inputs, Mapping) else {}
    if not any(name in known for name in DECODER_IDS):
        return None
    return {SOURCE: _read(known), TARGET: _written(known)}


def _read(known: Mapping) -> tf.Tensor | None:
    """Return 1 at each token that an encoder reads, and 0 at its padding, `[batch, tokens]`."""
    for name in (*MASKS, *ENCODER_MASKS, *IDS, *ENCODER_IDS):
        found: Any = known.get(name)
        counts = tf.is_tensor(found) and (found.dtype.is_integer or found.dtype.is_bool)
        if counts and found.shape.rank == 2:
            return tf.cast(tf.cast(found, tf.bool), tf.float32)
    return None
