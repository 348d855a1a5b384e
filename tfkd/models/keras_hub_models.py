"""BERT and RoBERTa of a Hugging Face folder as Keras 3 models, by KerasHub."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import UserError, first_line
from .hugging_face_weights import read_tensors

CLASSES, TOKENS = "ForSequenceClassification", "ForTokenClassification"
_TYPES: tuple[str, ...] = ("roberta.embeddings.token_type_embeddings.weight",)
_TYPES += ("embeddings.token_type_embeddings.weight",)
_CLASSIFIER = ("classifier.weight", "classifier.bias")
_DENSE = ("classifier.dense.weight", "classifier.dense.bias")
_OUT = ("classifier.out_proj.weight", "classifier.out_proj.bias")


@dataclass(frozen=True)
class Family:
    """What KerasHub has of a kind of models.

    Attributes:
        backbone: Its class in `keras_hub.models`.
        exact: Whether it computes as a config says: KerasHub knows one epsilon, position and so on.
        segments: Whether it reads segment ids.
        dense_head: Whether the head of a classifier has a layer before the last, on the first
            token; else that is the encoder's pooler.
    """

    backbone: str
    exact: Callable[[dict[str, Any]], bool]
    segments: bool = False
    dense_head: bool = False


def _plain_bert(config: dict[str, Any]) -> bool:
    return (
        config.get("hidden_act", "gelu") in ("gelu", "gelu_new", "gelu_pytorch_tanh")
        and config.get("layer_norm_eps", 1e-12) == 1e-12
        and config.get("position_embedding_type", "absolute") == "absolute"
        and config.get("type_vocab_size", 2) == 2
    )


def _plain_roberta(config: dict[str, Any]) -> bool:
    return (
        config.get("hidden_act", "gelu") == "gelu"
        and config.get("layer_norm_eps", 1e-12) == 1e-5
        and config.get("position_embedding_type", "absolute") == "absolute"
        and config.get("type_vocab_size", 2) == 1
        and config.get("pad_token_id", 1) == 1
    )


FAMILIES = {
    "bert": Family("BertBackbone", _plain_bert, segments=True),
    "roberta": Family("RobertaBackbone", _plain_roberta, dense_head=True),
    "xlm-roberta": Family("XLMRobertaBackbone", _plain_roberta, dense_head=True),
}


def is_exact(config: dict[str, Any], architecture: str) -> bool:
    """Return whether KerasHub computes what a config says, head included."""
    family = FAMILIES.get(str(config.get("model_type")))
    return family is not None and architecture in (CLASSES, TOKENS) and family.exact(config)


def load_preset(path: Path) -> Any:
    """Load a classifier that KerasHub saved."""
    import keras_hub

    try:
        return keras_hub.models.TextClassifier.from_preset(str(path), preprocessor=None)
    except Exception as error:
        raise unreadable(path, error) from error


def load_classifier(
    path: Path, config: dict[str, Any], architecture: str, pairs: bool = False
) -> Any:
    """Load a model with its head: `{"input_ids", "attention_mask"}` to `{"logits"}`.

    Args:
        path: The folder.
        config: Its settings.
        architecture: The end of the class's name.
        pairs: Whether it reads `token_type_ids` too, of pairs of texts, where it has them.
    """
    import keras

    family = FAMILIES[config["model_type"]]
    arrays = _head_arrays(path, family, architecture)
    if not arrays:
        named = _DENSE if family.dense_head and architecture == CLASSES else _CLASSIFIER
        raise headless(path, named[0], architecture)
    backbone = load_backbone(path, config, exact=True)
    names = ("input_ids", "attention_mask", *_segment_names(family, pairs))
    inputs = {name: keras.Input((None,), dtype="int32", name=name) for name in names}
    classes = arrays[-1][1].shape[0]
    logits, layers = _head(backbone, family, architecture, classes)(*inputs.values())
    # KerasHub converts no head and would leave one at random, without a word.
    for layer, weights in zip(layers, arrays, strict=True):
        layer.set_weights(weights)
    return keras.Model(inputs, {"logits": logits})


def _segment_names(family: Family, pairs: bool) -> tuple[str, ...]:
    return ("token_type_ids",) if pairs and family.segments else ()


def trainable(
    path: Path, config: dict[str, Any], classes: int, *, pad_id: int, pairs: bool = False
) -> Any:
    """Return an encoder with a head to fine-tune: ids to logits.

    The head is the folder's own where it has as many classes, else a new one.

    Args:
        path: The folder.
        config: Its settings.
        classes: The number of logits.
        pad_id: What its tokenizer pads with.
        pairs: Whether it reads segments too, of pairs of texts, where it has them.
    """
    import keras

    family = FAMILIES[config["model_type"]]
    # In KerasHub's own GELU: it is what the saved file will be loaded with.
    backbone, arrays = load_backbone(path, config, exact=False), _head_arrays(path, family, CLASSES)
    names = ("input_ids", *_segment_names(family, pairs))
    inputs = {name: keras.Input((None,), dtype="int32", name=name) for name in names}
    ids, *segments = inputs.values()
    mask = keras.ops.cast(keras.ops.not_equal(ids, pad_id), "int32")
    rate = config.get("hidden_dropout_prob", 0.1)
    logits, layers = _head(backbone, family, CLASSES, classes, rate)(ids, mask, *segments)
    if arrays and arrays[-1][1].shape[0] == classes:
        for layer, weights in zip(layers, arrays, strict=True):
            layer.set_weights(weights)
    return keras.Model(inputs if segments else ids, logits)


def load_backbone(path: Path, config: dict[str, Any], exact: bool) -> Any:
    """Load the encoder, with the GELU of its config where it has to be `exact`."""
    import keras_hub

    family = FAMILIES[config["model_type"]]
    try:
        kind = getattr(keras_hub.models, family.backbone)
        backbone = kind.from_preset(str(path), dtype="float32")
        if config["model_type"] == "roberta":
            _add_types(path, backbone)
    # KeyError, SafetensorError, ValueError, ...
    except Exception as error:
        raise unreadable(path, error) from error
    if exact:
        _use_exact_gelu(backbone, config)
    return backbone


def hidden_states(
    backbone: Any, ids: Any, mask: Any, output: str = "sequence_output", segments: Any = None
) -> Any:
    """Return an output of an encoder; that of RoBERTa is its only one.

    Args:
        backbone: The encoder.
        ids: Token ids.
        mask: 1 at tokens, 0 at padding.
        output: The name of the output, of an encoder that has several.
        segments: Which text of a pair each id is of; 0 by default.
    """
    import keras

    inputs = {"token_ids": ids, "padding_mask": mask}
    if "segment_ids" in backbone.input:
        inputs["segment_ids"] = keras.ops.zeros_like(ids) if segments is None else segments
    returned = backbone(inputs)
    return returned[output] if isinstance(returned, dict) else returned


def unreadable(path: Path, error: Exception) -> UserError:
    """Return the error for weights that do not fit."""
    return UserError(
        f"the weights in {path} cannot be read as its config.json says "
        f"({type(error).__name__}: {first_line(error)}): copy the whole folder again."
    )


def headless(path: Path, missing: str, architecture: str) -> UserError:
    """Return the error for a model without the head that is wanted."""
    return UserError(
        f"{path} has no classification head (no {missing}): it is an encoder; fine-tune it first "
        f"(tfkd teach), or take a ...{architecture} checkpoint."
    )


def _head(
    backbone: Any, family: Family, architecture: str, classes: int, rate: float = 0.0
) -> Callable[..., tuple[Any, list[Any]]]:
    """Return a function of ids, mask and segments to logits and the head's layers."""
    import keras

    last = keras.layers.Dense(classes, name="classifier")

    def drop(values: Any) -> Any:
        return keras.layers.Dropout(rate)(values) if rate else values

    def apply(ids: Any, mask: Any, segments: Any = None) -> tuple[Any, list[Any]]:
        if architecture == TOKENS:
            states = hidden_states(backbone, ids, mask, segments=segments)
            return last(drop(states)), [last]
        if not family.dense_head:
            pooled = hidden_states(backbone, ids, mask, "pooled_output", segments)
            return last(drop(pooled)), [last]
        first = hidden_states(backbone, ids, mask)[:, 0]
        inner = keras.layers.Dense(first.shape[-1], activation="tanh", name="classifier_dense")
        return last(drop(inner(drop(first)))), [inner, last]

    return apply


def _head_arrays(path: Path, family: Family, architecture: str) -> list[list[np.ndarray]]:
    """Read kernel and bias of each layer of the folder's head; empty where it has none."""
    dense = family.dense_head and architecture == CLASSES
    layers = (_DENSE, _OUT) if dense else (_CLASSIFIER,)
    names = tuple(name for layer in layers for name in layer)
    try:
        found = read_tensors(path, names)
    # SafetensorError is no ValueError.
    except Exception as error:
        raise unreadable(path, error) from error
    if len(found) < len(names):
        return []
    return [[found[kernel].T, found[bias]] for kernel, bias in layers]


def _add_types(path: Path, backbone: Any) -> None:
    """Add RoBERTa's one token type, which KerasHub leaves out, to its positions."""
    found = read_tensors(path, _TYPES)
    positions = backbone.embeddings.position_embedding.position_embeddings
    for types in found.values():
        positions.assign(positions + types[0])


def _use_exact_gelu(backbone: Any, config: dict[str, Any]) -> None:
    """Replace KerasHub's tanh form of GELU, which alone moves hidden states by 0.003."""
    import keras

    if config.get("hidden_act", "gelu") != "gelu":
        return
    for layer in backbone.layers:
        inner = getattr(layer, "_feedforward_intermediate_dense", None)
        if inner is not None:
            inner.activation = keras.activations.gelu
