"""The heads of Hugging Face's BERT and RoBERTa on top of KerasHub's encoders."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ..errors import UserError
from .hugging_face_heads import ANSWERS, CLASSES, VECTORS, headless
from .hugging_face_pooling import pool_tokens, read_pooling
from .hugging_face_weights import read_tensors
from .keras_hub_models import FAMILIES, Family, hidden_states, load_backbone, unreadable
from .outputs import SPANS

_CLASSIFIER = ("classifier.weight", "classifier.bias")
_DENSE = ("classifier.dense.weight", "classifier.dense.bias")
_OUT = ("classifier.out_proj.weight", "classifier.out_proj.bias")
_ANSWERS = ("qa_outputs.weight", "qa_outputs.bias")


def load_with_head(
    path: Path, config: dict[str, Any], architecture: str, segments: bool = False
) -> Any:
    """Load a model with its head: `{"input_ids", "attention_mask"}` to outputs by name.

    Args:
        path: The folder.
        config: Its settings.
        architecture: The end of the class's name.
        segments: Whether it reads `token_type_ids` too, where it has them.

    Returns:
        A Keras model of `{"logits"}`, `[batch, classes]` or `[batch, tokens, classes]`; of
        `{"start_logits", "end_logits"}`, `[batch, tokens]`;
        or of `{"embedding"}`, `[batch, width]`.

    Raises:
        UserError: The folder has no such head.
    """
    import keras

    family = FAMILIES[config["model_type"]]
    if architecture == VECTORS:
        return _load_vectors(path, config)
    arrays = read_head(path, family, architecture)
    if not arrays:
        raise headless(path, _layers_of(family, architecture)[0][0], architecture)
    backbone = load_backbone(path, config, exact=True, pooler=architecture == CLASSES)
    names = ("input_ids", "attention_mask", *segment_names(family, segments))
    inputs = {name: keras.Input((None,), dtype="int32", name=name) for name in names}
    if architecture == CLASSES:
        hidden = pooled_states(backbone, family, *inputs.values())
    else:
        hidden = token_states(backbone, *inputs.values())
    # KerasHub converts no head and would leave one at random, without a word.
    for number, (kernel, bias) in enumerate(arrays):
        last = number == len(arrays) - 1
        name, activation = ("classifier", None) if last else ("classifier_dense", "tanh")
        dense = keras.layers.Dense(len(bias), activation=activation, name=name)
        hidden = dense(hidden)
        dense.set_weights([kernel, bias])
    if architecture == ANSWERS:
        return keras.Model(inputs, _name_spans(hidden, path))
    return keras.Model(inputs, {"logits": hidden})


def _load_vectors(path: Path, config: dict[str, Any]) -> Any:
    """Load an encoder that gives a vector of length 1 for each text."""
    import keras

    how = read_pooling(path)
    backbone = load_backbone(path, config, exact=True, pooler=False)
    inputs = {
        name: keras.Input((None,), dtype="int32", name=name)
        for name in ("input_ids", "attention_mask")
    }
    states = token_states(backbone, *inputs.values())
    return keras.Model(inputs, {"embedding": pool_tokens(states, inputs["attention_mask"], how)})


def segment_names(family: Family, wanted: bool) -> tuple[str, ...]:
    """Return the name of a model's input of segments, if it has one and that is wanted."""
    return ("token_type_ids",) if wanted and family.segments else ()


def token_states(backbone: Any, ids: Any, mask: Any, segments: Any = None) -> Any:
    """Return the vector of each token, `[batch, length, width]`."""
    return hidden_states(backbone, ids, mask, segments=segments)


def pooled_states(backbone: Any, family: Family, ids: Any, mask: Any, segments: Any = None) -> Any:
    """Return the vector of a whole text that the head of a classifier reads: that of its start."""
    if not family.dense_head:
        return hidden_states(backbone, ids, mask, "pooled_output", segments)
    return hidden_states(backbone, ids, mask)[:, 0]


def read_head(path: Path, family: Family, architecture: str) -> list[list[np.ndarray]]:
    """Read kernel and bias of each layer of the folder's head; empty where it has none."""
    layers = _layers_of(family, architecture)
    names = tuple(name for layer in layers for name in layer)
    try:
        found = read_tensors(path, names)
    # SafetensorError is no ValueError.
    except Exception as error:
        raise unreadable(path, error) from error
    if len(found) < len(names):
        return []
    return [[found[kernel].T, found[bias]] for kernel, bias in layers]


def _layers_of(family: Family, architecture: str) -> tuple[tuple[str, str], ...]:
    """Return the names of kernel and bias of each layer of a head."""
    if architecture == ANSWERS:
        return (_ANSWERS,)
    return (_DENSE, _OUT) if family.dense_head and architecture == CLASSES else (_CLASSIFIER,)


def _name_spans(logits: Any, path: Path) -> dict[str, Any]:
    if logits.shape[-1] != len(SPANS):
        raise UserError(
            f"the head for answers in {path} gives {logits.shape[-1]} numbers a token: expected "
            "two, for start and end."
        )
    return {name: logits[..., number] for number, name in enumerate(SPANS)}
