"""What Hugging Face calls the weights and settings of BERT, RoBERTa and DistilBERT."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import keras

HEADS = ("ForSequenceClassification", "ForTokenClassification", "ForQuestionAnswering", "Model")
"""How the names of the classes end that are known."""
ACTIVATIONS: Mapping[str, Callable[[Any], Any]] = {
    "gelu": lambda hidden: keras.ops.gelu(hidden, approximate=False),
    "gelu_new": lambda hidden: keras.ops.gelu(hidden, approximate=True),
    "relu": keras.ops.relu,
    "silu": keras.ops.silu,
}


@dataclass(frozen=True)
class EncoderNames:
    """The names of one kind of encoder.

    Attributes:
        prefix: What the names of the encoder's weights begin with.
        block: What those of a block begin with, of its number.
        parts: Those of the layers of a block.
        settings: Those in the config.
        skips_padding: Whether positions are counted over tokens alone.
        dense_head: The layer before a classifier's last, and its activation; a pooler is one.
    """

    prefix: str
    block: str
    parts: Mapping[str, str]
    settings: Mapping[str, str]
    skips_padding: bool = False
    dense_head: tuple[str, str] = ("pooler.dense", "tanh")

    sides = ("query", "key", "value", "output")

    def layers(self, config: Any) -> int:
        """Return how many blocks there are."""
        return int(getattr(config, self.settings["layers"]))

    def heads(self, config: Any) -> int:
        """Return how many heads a block has."""
        return int(getattr(config, self.settings["heads"]))

    def activation(self, config: Any) -> str:
        """Return the name of the activation between the two dense layers."""
        return str(getattr(config, self.settings["activation"]))

    def epsilon(self, config: Any) -> float:
        """Return what is added to variances."""
        return float(getattr(config, "layer_norm_eps", 1e-12))

    def dropout(self, config: Any) -> float:
        """Return the rate of dropout behind embeddings and dense layers."""
        return float(getattr(config, self.settings["dropout"]))

    def attention_dropout(self, config: Any) -> float:
        """Return the rate of dropout of probabilities."""
        return float(getattr(config, self.settings["attention_dropout"]))

    def taken_dropout(self, config: Any) -> float:
        """Return the rate of dropout of what an attention gives; DistilBERT has none."""
        return 0.0 if "head_dropout" in self.settings else self.dropout(config)

    def head_dropout(self, config: Any) -> float:
        """Return the rate of dropout in front of a classifier."""
        own = getattr(config, "classifier_dropout", None)
        return self.dropout(config) if own is None else float(own)

    def answer_dropout(self, config: Any) -> float:
        """Return the rate of dropout in front of a head for answers; only DistilBERT has one."""
        return float(getattr(config, "qa_dropout", 0.0))

    def classifier(self, config: Any) -> tuple[Any, ...]:
        """Return the head of a classifier of texts: rates of dropout, and layers with activations.

        Args:
            config: Of the model.
        """
        if "head_dropout" in self.settings:
            rate = float(getattr(config, self.settings["head_dropout"]))
            return (self.dense_head, rate, ("classifier", None))
        rate = self.head_dropout(config)
        if self.skips_padding:
            return (rate, self.dense_head, rate, ("classifier.out_proj", None))
        return (self.dense_head, rate, ("classifier", None))


_BERT_PARTS = MappingProxyType(
    {
        "query": "attention.self.query",
        "key": "attention.self.key",
        "value": "attention.self.value",
        "output": "attention.output.dense",
        "attention_norm": "attention.output.LayerNorm",
        "inner": "intermediate.dense",
        "outer": "output.dense",
        "norm": "output.LayerNorm",
    }
)
_BERT_SETTINGS = MappingProxyType(
    {
        "layers": "num_hidden_layers",
        "heads": "num_attention_heads",
        "activation": "hidden_act",
        "dropout": "hidden_dropout_prob",
        "attention_dropout": "attention_probs_dropout_prob",
    }
)
FAMILIES: Mapping[str, EncoderNames] = {
    "bert": EncoderNames("bert", "encoder.layer.{}", _BERT_PARTS, _BERT_SETTINGS),
    "roberta": EncoderNames(
        *("roberta", "encoder.layer.{}", _BERT_PARTS, _BERT_SETTINGS),
        skips_padding=True,
        dense_head=("classifier.dense", "tanh"),
    ),
    "distilbert": EncoderNames(
        "distilbert",
        "transformer.layer.{}",
        {
            "query": "attention.q_lin",
            "key": "attention.k_lin",
            "value": "attention.v_lin",
            "output": "attention.out_lin",
            "attention_norm": "sa_layer_norm",
            "inner": "ffn.lin1",
            "outer": "ffn.lin2",
            "norm": "output_layer_norm",
        },
        {
            "layers": "n_layers",
            "heads": "n_heads",
            "activation": "activation",
            "dropout": "dropout",
            "attention_dropout": "attention_dropout",
            "head_dropout": "seq_classif_dropout",
        },
        dense_head=("pre_classifier", "relu"),
    ),
}
"""By the type of model in a config."""
