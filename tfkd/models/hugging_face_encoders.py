"""Encoders of Hugging Face folders that are fine-tuned, by KerasHub."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import UserError, missing_extra
from . import hugging_face
from .hugging_face_config import read_config
from .hugging_face_heads import CLASSES, GIVES
from .hugging_face_weights import (
    kind_of_weights,
    names_of_pytorch,
    pytorch_folder,
    readable_folder,
)
from .keras_hub_heads import pooled_states, read_head, token_states
from .keras_hub_models import FAMILIES, load_backbone


@dataclass(frozen=True)
class PretrainedEncoder:
    """An encoder to fine-tune.

    Attributes:
        backbone: The encoder itself, of KerasHub.
        config: The settings of its folder.
        head: Kernel and bias of each layer of the head that the folder has for the task; empty
            where it has none.
    """

    backbone: Any
    config: dict[str, Any]
    head: list[list[np.ndarray]]

    @property
    def dropout(self) -> float:
        """The rate of the dropout before a head."""
        return float(self.config.get("hidden_dropout_prob", 0.1))

    @property
    def has_segments(self) -> bool:
        """Whether it has vectors for the two texts of a pair."""
        return FAMILIES[self.config["model_type"]].segments

    def with_rows(self, count: int, seed: int = 0) -> PretrainedEncoder:
        """Return the same encoder with so many rows in its embedding of tokens, or itself.

        The new ones are for pieces that its tokenizer did not have: they are drawn about as large
        as the others, and learnt.

        Args:
            count: How many ids the tokenizer has now.
            seed: Of the new rows.
        """
        if count <= self.backbone.vocabulary_size:
            return self
        config = {**self.backbone.get_config(), "vocabulary_size": count}
        larger = type(self.backbone).from_config(config)
        rng = np.random.default_rng(seed)
        for old, new in zip(self.backbone.weights, larger.weights, strict=True):
            values = np.asarray(old)
            missing = new.shape[0] - len(values) if values.ndim else 0
            if missing:
                drawn = rng.normal(values.mean(axis=0), values.std(), (missing, *values.shape[1:]))
                values = np.concatenate([values, drawn.astype(values.dtype)])
            new.assign(values)
        return replace(self, backbone=larger)

    def states(self, ids: Any, mask: Any, segments: Any = None) -> Any:
        """Return a vector for each token, `[batch, length, width]`.

        Args:
            ids: Token ids.
            mask: 1 at tokens, 0 at padding.
            segments: Which of two texts each id is of; 0 by default.
        """
        return token_states(self.backbone, ids, mask, segments)

    def pooled(self, ids: Any, mask: Any, segments: Any = None) -> Any:
        """Return the vector of each whole text that a head reads, `[batch, width]`.

        Args:
            ids: Token ids.
            mask: 1 at tokens, 0 at padding.
            segments: Which of two texts each id is of; 0 by default.
        """
        import keras

        family = FAMILIES[self.config["model_type"]]
        first = pooled_states(self.backbone, family, ids, mask, segments)
        if not family.dense_head:
            return first
        inner = keras.layers.Dense(first.shape[-1], activation="tanh", name="classifier_dense")
        vector = inner(keras.layers.Dropout(self.dropout)(first))
        if len(self.head) > 1:
            inner.set_weights(self.head[0])
        return vector


def load_encoder(path: Path, architecture: str = CLASSES) -> PretrainedEncoder:
    """Load the encoder of a folder, to be fine-tuned.

    Args:
        path: A Hugging Face folder.
        architecture: The end of the name of the class whose head is of use.

    Raises:
        UserError: No BERT or RoBERTa, or no KerasHub.
    """
    config = read_config(path)
    check_trainable(path, config)
    with _weights_of_pytorch(path, architecture) as folder:
        # In KerasHub's own GELU: it is what the saved file will be loaded with.
        backbone = load_backbone(folder, config, exact=False, pooler=False)
        known = architecture in GIVES
        head = read_head(folder, FAMILIES[config["model_type"]], architecture) if known else []
    return PretrainedEncoder(backbone, config, head)


def check_trainable(path: Path, config: dict[str, Any]) -> None:
    """Refuse a folder that cannot be fine-tuned.

    Raises:
        UserError: It is of another kind than KerasHub has, or that is not installed.
    """
    kind = str(config.get("model_type"))
    if kind not in FAMILIES or not hugging_face.has_packages("keras_hub"):
        raise UserError(
            f"fine-tuning takes a folder of {', '.join(FAMILIES)} through KerasHub, and {path} "
            f'is {kind}: run `pip install "tfkd[hub]"`, or fine-tune it with transformers and give '
            "it as hf:PATH."
        )


@contextmanager
def _weights_of_pytorch(path: Path, architecture: str) -> Iterator[Path]:
    """Give a folder whose weights KerasHub reads."""
    if kind_of_weights(path) != "tf":
        with readable_folder(path) as folder:
            yield folder
        return
    if not hugging_face.has_packages("transformers", "tf_keras"):
        raise missing_extra("transformers", "hf", f"{path}, with weights of TensorFlow,")
    model, missing = hugging_face.from_pretrained(
        path, architecture if architecture in GIVES else CLASSES
    )
    heads = {layer.name for layer in model.layers if layer.name in missing}
    weights = names_of_pytorch(model)
    kept = {n: w for n, w in weights.items() if n.partition(".")[0] not in heads}
    with pytorch_folder(path, kept) as folder:
        yield folder
