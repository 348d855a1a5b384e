"""BERT, RoBERTa and DistilBERT of transformers in TensorFlow, as plain Keras 3 models."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from ...errors import UserError
from ...models.decoders.transformer_layers import count_from_zero
from ...models.hugging_face_weights import names_of_pytorch
from ...models.input_names import IDS, MASKS, SEGMENTS, text_input_names
from .hugging_face_names import ACTIVATIONS, FAMILIES, HEADS, EncoderNames
from .plain_attention import AttentionWeights, PlainAttention
from .plain_block import PlainBlock
from .plain_layers import PlainLayers

_PAD = 1
"""What RoBERTa takes for padding in TensorFlow, whatever its config says."""


def is_of_transformers(model: Any) -> bool:
    """Return whether a model is one of Hugging Face's in TensorFlow."""
    return hasattr(model, "config") and hasattr(model, "build_in_name_scope")


def check_encoder(model: Any) -> None:
    """Refuse a model of transformers that is of another kind, or has another head.

    Raises:
        UserError: Such a model.
    """
    config, kind = model.config, type(model).__name__
    known = config.model_type in FAMILIES and kind.endswith(HEADS) and "LMHead" not in kind
    odd = [name for name in ("pruned_heads", "is_decoder") if getattr(config, name, None)]
    if getattr(config, "position_embedding_type", "absolute") != "absolute":
        odd.append("position_embedding_type")
    if known and FAMILIES[config.model_type].activation(config) not in ACTIVATIONS:
        odd.append("hidden_act")
    if not known or odd:
        what = (
            f"{odd[0]}={getattr(config, odd[0], None)!r}"
            if odd
            else f"the kind {config.model_type}"
        )
        raise UserError(
            f"a {kind} with {what} is not known how to take apart: take a BERT, RoBERTa or "
            f"DistilBERT with a head of {', '.join(HEADS)}, or read its folder as hub:PATH."
        )


def rebuild_encoder(model: Any) -> keras.Model:
    """Return a Keras 3 model of the same inputs by name, with the same weights.

    Args:
        model: A model that `check_encoder` passes.
    """
    if not model.built:
        model.build_in_name_scope()
    encoder = _Encoder(model)
    inputs = {
        name: keras.Input((None,), dtype="int32", name=name) for name in text_input_names(model)
    }
    states = encoder.states(inputs)
    return keras.Model(inputs, encoder.head(states, type(model).__name__), name=model.name)


class _Encoder:
    """The layers of an encoder, from its weights by PyTorch's names."""

    def __init__(self, model: Any) -> None:
        self._make, self._config = PlainLayers(), model.config
        self._names: EncoderNames = FAMILIES[model.config.model_type]
        weights = names_of_pytorch(model)
        start = f"{self._names.prefix}."
        self._weights = {name.removeprefix(start): value for name, value in weights.items()}

    def states(self, inputs: dict[str, Any]) -> Any:
        """Return the vectors of all tokens, after the last block."""
        ids, mask = inputs[IDS[0]], inputs[MASKS[0]]
        vectors = [self._table("word")(ids), self._table("position")(self._positions(ids))]
        if "embeddings.token_type_embeddings.weight" in self._weights:
            segments = inputs.get(SEGMENTS[0])
            segments = ops.zeros_like(ids) if segments is None else segments
            vectors.append(self._table("token_type")(segments))
        hidden = self._make.add("embeddings")(vectors)
        hidden = self._norm("embeddings_layer_norm", "embeddings.LayerNorm")(hidden)
        # By this name taps find what the first block reads.
        hidden = keras.layers.Dropout(
            self._names.dropout(self._config), name=self._make.name("embeddings_dropout")
        )(hidden)
        visible = ops.expand_dims(ops.expand_dims(ops.cast(mask, "bool"), 1), 1)
        for number in range(self._names.layers(self._config)):
            hidden, _ = self._block(number)(hidden, visible)
        return hidden

    def head(self, states: Any, kind: str) -> dict[str, Any]:
        """Return the outputs by name.

        Args:
            states: The vectors of all tokens.
            kind: The name of the model's class, which ends with its head.
        """
        if kind.endswith("Model"):
            outputs = {"last_hidden_state": states}
            if "pooler.dense.weight" in self._weights:
                outputs["pooler_output"] = self._dense("pooler.dense", "tanh")(states[:, 0])
            return outputs
        if kind.endswith("ForSequenceClassification"):
            steps = self._names.classifier(self._config)
            states = states[:, 0]
        elif kind.endswith("ForTokenClassification"):
            steps = (self._names.head_dropout(self._config), ("classifier", None))
        else:
            steps = (self._names.answer_dropout(self._config), ("qa_outputs", None))
        for step in steps:
            layer: Any = (
                self._dense(*step)
                if isinstance(step, tuple)
                else self._make.dropout("head_dropout", step)
            )
            states = layer(states)
        if kind.endswith("ForQuestionAnswering"):
            return {"start_logits": states[..., 0], "end_logits": states[..., 1]}
        return {"logits": states}

    def _block(self, number: int) -> PlainBlock:
        names, config, make = self._names, self._config, self._make
        name, at = f"transformer_layer_{number}", names.block.format(number)
        own = f"{name}_attention"
        sides = {side: self._read(f"{at}.{names.parts[side]}") for side in names.sides}
        found = AttentionWeights(names.heads(config), sides, names.attention_dropout(config))
        attention = PlainAttention(make, own, found)
        inner, activation = self._read(f"{at}.{names.parts['inner']}"), names.activation(config)
        dense = make.dense(f"{name}_inner", *inner)
        return PlainBlock(
            attend=lambda query, visible: attention(query, query, query, visible),
            attention_drop=make.dropout(f"{own}_dropout", names.taken_dropout(config)),
            attention_add=make.add(f"{own}_add"),
            attention_norm=self._norm(f"{own}_norm", f"{at}.{names.parts['attention_norm']}"),
            inner=lambda hidden: ACTIVATIONS[activation](dense(hidden)),
            outer=make.dense(f"{name}_outer", *self._read(f"{at}.{names.parts['outer']}")),
            drop=make.dropout(f"{name}_dropout", names.dropout(config)),
            add=make.add(f"{name}_add"),
            norm=self._norm(name, f"{at}.{names.parts['norm']}"),
        )

    def _positions(self, ids: Any) -> Any:
        if not self._names.skips_padding:
            return count_from_zero(ids)
        # Counted from behind the position of padding.
        there = ops.cast(ops.not_equal(ids, _PAD), "int32")
        return ops.cumsum(there, axis=1) * there + _PAD

    def _table(self, kind: str) -> Any:
        table = self._weights[f"embeddings.{kind}_embeddings.weight"]
        return self._make.embedding(f"{kind}_embedding", table)

    def _norm(self, name: str, of: str) -> Any:
        weights = [self._weights[f"{of}.weight"], self._weights[f"{of}.bias"]]
        return self._make.norm(name, weights, self._names.epsilon(self._config))

    def _dense(self, name: str, activation: Any) -> Any:
        own = {} if activation is None else {"activation": activation}
        return self._make.dense(name.replace(".", "_"), *self._read(name), **own)

    def _read(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Return the kernel and the bias of a dense layer."""
        return self._weights[f"{name}.weight"].T, self._weights[f"{name}.bias"]
