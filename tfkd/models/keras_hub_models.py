"""BERT and RoBERTa of a Hugging Face folder as Keras 3 models, by KerasHub."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import UserError, first_line
from .hugging_face_heads import CLASSES, GIVES, VECTORS
from .hugging_face_weights import read_tensors, tensor_names, with_tensors

_TYPES: tuple[str, ...] = ("roberta.embeddings.token_type_embeddings.weight",)
_TYPES += ("embeddings.token_type_embeddings.weight",)


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
    known = architecture in (*GIVES, VECTORS)
    return family is not None and known and family.exact(config)


def load_preset(path: Path, architecture: str) -> Any:
    """Load a classifier of texts that KerasHub saved.

    Args:
        path: The folder.
        architecture: The end of the class's name that is wanted.

    Raises:
        UserError: Another kind of model is wanted, or it cannot be read.
    """
    import keras_hub

    if architecture != CLASSES:
        raise UserError(
            f"{path} is a KerasHub preset, which tfkd reads as a classifier of whole texts alone: "
            "take a Hugging Face folder for this task, or save the model as .keras (keras:PATH)."
        )
    try:
        return keras_hub.models.TextClassifier.from_preset(str(path), preprocessor=None)
    except Exception as error:
        raise unreadable(path, error) from error


def load_backbone(path: Path, config: dict[str, Any], *, exact: bool, pooler: bool = True) -> Any:
    """Load the encoder.

    Args:
        path: The folder.
        config: Its settings.
        exact: Whether its GELU has to be that of the config.
        pooler: Whether the folder must have the weights of a BERT's vector of a whole text. If
            not, those that it lacks are new ones, at random.

    Raises:
        UserError: Weights that do not fit.
    """
    import keras_hub

    family = FAMILIES[config["model_type"]]
    try:
        kind = getattr(keras_hub.models, family.backbone)
        with _with_pooler(path, config, pooler) as folder:
            backbone = kind.from_preset(str(folder), dtype="float32")
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


@contextmanager
def _with_pooler(path: Path, config: dict[str, Any], needed: bool) -> Iterator[Path]:
    """Give a folder with a BERT's pooler: models for words have none, and KerasHub wants one."""
    there = any("pooler." in name for name in tensor_names(path))
    if needed or there or not FAMILIES[config["model_type"]].segments:
        yield path
        return
    width = config["hidden_size"]
    kernel = np.random.default_rng(0).normal(0, 0.02, (width, width)).astype("float32")
    pooler = {"pooler.dense.weight": kernel, "pooler.dense.bias": np.zeros(width, "float32")}
    with with_tensors(path, pooler) as folder:
        yield folder


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
