"""A Hugging Face encoder as the body of a model that is fine-tuned for a task."""

from __future__ import annotations

import keras
from keras import ops

from ..data import Schema
from ..models.hugging_face_encoders import PretrainedEncoder
from ..tasks import Task
from ..text.affixes import AFFIXES
from ..text.pair_encoding import SEGMENTS
from ._parts import segment_input, token_input
from .by_word import by_word
from .features import Features


def build_on_encoder(
    encoder: PretrainedEncoder, task: Task, schema: Schema, *, pad_id: int = 0
) -> keras.Model:
    """Return an encoder with the outputs of a task, to be fine-tuned.

    The last layer is that of the folder's own head where it has as many classes, else a new one.

    Args:
        encoder: The encoder, which becomes a part of the model.
        task: Its `head` puts the outputs on top.
        schema: What the training split fixed, such as the class names.
        pad_id: What the encoder's tokenizer pads with.

    Returns:
        A model of ids, or of a dict of ids, segments and words, as the task reads them.
    """
    features = encoder_body(encoder, task, pad_id)
    model = features.model(task.head(features, schema))
    _take_head(model, encoder)
    return model


def encoder_body(encoder: PretrainedEncoder, task: Task, pad_id: int = 0) -> Features:
    """Return what the head of a task is put on: vectors of texts, tokens or words.

    Args:
        encoder: The encoder.
        task: Names what it needs and what it reads.
        pad_id: What the encoder's tokenizer pads with.
    """
    ids = token_input()
    mask = ops.cast(ops.not_equal(ids, pad_id), "int32")
    reads = SEGMENTS in task.inputs and encoder.has_segments
    segments = segment_input() if reads else None
    states = encoder.pooled if task.features == "pooled" else encoder.states
    hidden = states(ids, mask, segments)
    # A head at special pieces reads the vectors of these.
    tokens = encoder.states(ids, mask, segments) if task.pieces else None
    features = Features(
        *("encoder", ids, hidden, encoder.dropout),
        segments=segments,
        tokens=tokens,
        # Its first piece stands for the text, as such encoders are trained.
        pool=lambda states, _: states[:, 0],
    )
    if task.features != "words":
        return features
    # It has read words in so many ways that letters tell it nothing new.
    return by_word(features, [name for name in task.inputs if name not in AFFIXES])


def _take_head(model: keras.Model, encoder: PretrainedEncoder) -> None:
    """Give the last layer the weights of the folder's own head, where they fit."""
    if not encoder.head:
        return
    wanted = [weight.shape for weight in encoder.head[-1]]
    heads = [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)]
    fitting = [each for each in heads if [tuple(w.shape) for w in each.weights] == wanted]
    if len(fitting) == 1:
        fitting[0].set_weights(encoder.head[-1])
