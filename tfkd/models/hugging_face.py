"""Keras models from a Hugging Face folder, without its tokenizer, by KerasHub or transformers.

BERT goes through KerasHub where that is installed (Keras 3), everything else through transformers
(tf_keras). `tfkd.teachers.pretrained` adds the tokenizer.
"""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import UserError, first_line, missing_extra

# What the head of an architecture reads of KerasHub's BERT.
_READS = {
    "ForSequenceClassification": "pooled_output",
    "ForTokenClassification": "sequence_output",
}


def load_model(path: str | Path, architecture: str) -> Any:
    """Load the model in a Hugging Face folder, head included: a Keras model or a callable.

    Args:
        path: The folder.
        architecture: The end of the class's name, e.g. `ForSequenceClassification`.

    Returns:
        A model of `{"input_ids", "attention_mask"}`, int32 `[batch, length]`, that returns its
        outputs by name, e.g. `{"logits": [batch, classes]}`.

    Raises:
        UserError: No such folder or package, weights that are damaged or of another kind of model,
            no head of that kind.
    """
    path = Path(path)
    config = read_config(path)
    if _plain_bert(config) and architecture in _READS and _has("keras_hub"):
        return _through_keras_hub(path, config, architecture)
    if _has("transformers", "tf_keras"):
        return _through_transformers(path, architecture)
    extra = "hub" if config.get("model_type") == "bert" else "hf"
    raise UserError(
        f"a {config.get('model_type')} teacher needs KerasHub or transformers: run "
        f'`pip install "tfkd[{extra}]"`.'
    )


def load_by_keras_hub(path: Path, architecture: str) -> Any:
    """Load a BERT, of Hugging Face's or a preset of KerasHub's own, as a Keras 3 model.

    Args:
        path: The folder.
        architecture: The end of the class's name, e.g. `ForSequenceClassification`.

    Raises:
        UserError: No KerasHub, or a model or a head that it does not know.
    """
    if not _has("keras_hub"):
        raise UserError('a hub: teacher needs KerasHub: run `pip install "tfkd[hub]"`.')
    if architecture not in _READS:
        raise UserError(f"KerasHub has no BERT {architecture}: write hf:{path}, or torch:{path}.")
    if (path / "task.json").is_file():
        return _load_preset(path)
    config = read_config(path)
    if not _plain_bert(config):
        raise UserError(
            f"KerasHub does not read {path} as it was trained ({config.get('model_type')}, "
            f"{config.get('hidden_act')}): write hf:{path}, or torch:{path}."
        )
    return _through_keras_hub(path, config, architecture)


def load_by_transformers(path: Path, architecture: str) -> Any:
    """Load a model as transformers' TensorFlow model, of tf_keras.

    Args:
        path: The folder.
        architecture: The end of the class's name, e.g. `ForSequenceClassification`.
    """
    if not _has("transformers", "tf_keras"):
        raise UserError('a tf: teacher needs transformers: run `pip install "tfkd[hf]"`.')
    return _through_transformers(path, architecture)


def read_config(path: Path) -> dict[str, Any]:
    """Read `config.json` of a Hugging Face folder."""
    file = path / "config.json"
    if not file.is_file():
        raise UserError(
            f"{path} is no Hugging Face model folder: expected a folder with config.json, "
            "weights and vocab.txt or tokenizer.json."
        )
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
    # Not JSON, or not UTF-8.
    except ValueError as error:
        raise UserError(f"{file} is not JSON ({error}): copy it again.") from error
    if not isinstance(config, dict):
        raise UserError(f"{file} holds no settings of a model: copy it again.")
    return config


def label_names(config: dict[str, Any]) -> tuple[str, ...]:
    """Return the class names of a config, in order of their ids."""
    names = config.get("id2label") or {}
    return tuple(names[key] for key in sorted(names, key=int))


def trainable_classifier(path: Path, classes: int) -> Any:
    """Return a BERT encoder with a classification head to fine-tune: ids to logits.

    Args:
        path: A Hugging Face folder.
        classes: How many logits the head has. It is the folder's own where that has as many, else
            a new one.

    Raises:
        UserError: No BERT, or no KerasHub.
    """
    config = read_config(path)
    if config.get("model_type") != "bert" or not _has("keras_hub"):
        raise UserError(
            f"fine-tuning takes a BERT folder through KerasHub, and {path} is "
            f'{config.get("model_type")}: run `pip install "tfkd[hub]"`, or fine-tune it with '
            "transformers and give it as hf:PATH."
        )
    import keras

    # In KerasHub's own GELU: it is what the saved file will be loaded with.
    backbone, head = _backbone(path, config, exact=False), _head(path)
    ids = keras.Input((None,), dtype="int32", name="input_ids")
    mask = keras.ops.cast(keras.ops.not_equal(ids, 0), "int32")
    dense = keras.layers.Dense(classes, name="classifier")
    dropped = keras.layers.Dropout(config.get("hidden_dropout_prob", 0.1))
    logits = dense(dropped(_hidden(backbone, ids, mask, "pooled_output")))
    if head is not None and head[0].shape[1] == classes:
        dense.set_weights(list(head))
    return keras.Model(ids, logits)


def load_masked_lm(path: Path) -> Any:
    """Load the masked language model in a Hugging Face folder, by transformers."""
    read_config(path)
    try:
        import transformers

        model_class = transformers.TFAutoModelForMaskedLM
    except (ImportError, AttributeError):
        raise missing_extra("transformers", "hf", "a masked language model") from None
    try:
        model, report = model_class.from_pretrained(str(path), output_loading_info=True)
    # OSError, SafetensorError, ValueError, ...
    except Exception as error:
        raise UserError(f"{path} holds no masked language model ({first_line(error)}).") from error
    # Such weights are left at random, with a warning at most.
    if report["missing_keys"]:
        raise UserError(
            f"{path} has no head for masked language modelling (no {report['missing_keys'][0]}): "
            "take a ...ForMaskedLM checkpoint."
        )
    return model


def _plain_bert(config: dict[str, Any]) -> bool:
    """Return whether KerasHub's BERT is this model: it knows one activation, epsilon, position."""
    return (
        config.get("model_type") == "bert"
        and config.get("hidden_act", "gelu") in ("gelu", "gelu_new", "gelu_pytorch_tanh")
        and config.get("layer_norm_eps", 1e-12) == 1e-12
        and config.get("position_embedding_type", "absolute") == "absolute"
        and config.get("type_vocab_size", 2) == 2
    )


def _has(*packages: str) -> bool:
    return all(importlib.util.find_spec(package) for package in packages)


def _load_preset(path: Path) -> Any:
    import keras_hub

    try:
        return keras_hub.models.TextClassifier.from_preset(str(path), preprocessor=None)
    except Exception as error:
        raise _unreadable(path, error) from error


def _through_keras_hub(path: Path, config: dict[str, Any], architecture: str) -> Any:
    import keras

    head = _head(path)
    if head is None:
        raise _headless(path, "classifier.weight", architecture)
    backbone = _backbone(path, config, exact=True)
    names = ("input_ids", "attention_mask")
    ids, mask = (keras.Input((None,), dtype="int32", name=name) for name in names)
    dense = keras.layers.Dense(head[0].shape[1], name="classifier")
    logits = dense(_hidden(backbone, ids, mask, _READS[architecture]))
    # KerasHub converts no BERT head and would leave one at random, without a word.
    dense.set_weights(list(head))
    return keras.Model({"input_ids": ids, "attention_mask": mask}, {"logits": logits})


def _backbone(path: Path, config: dict[str, Any], exact: bool) -> Any:
    import keras_hub

    try:
        backbone = keras_hub.models.BertBackbone.from_preset(str(path), dtype="float32")
    # KeyError, SafetensorError, ValueError, ...
    except Exception as error:
        raise _unreadable(path, error) from error
    if exact:
        _use_exact_gelu(backbone, config)
    return backbone


def _hidden(backbone: Any, ids: Any, mask: Any, output: str) -> Any:
    import keras

    segments = keras.ops.zeros_like(ids)
    return backbone({"token_ids": ids, "padding_mask": mask, "segment_ids": segments})[output]


def _head(path: Path) -> tuple[np.ndarray, np.ndarray] | None:
    """Read kernel `[width, classes]` and bias of the folder's classification head, if any."""
    from safetensors.numpy import load_file

    file = path / "model.safetensors"
    if not file.is_file():
        raise UserError(f"{path} holds no model.safetensors: convert the checkpoint first.")
    try:
        weights = load_file(str(file))
    # SafetensorError is no ValueError.
    except Exception as error:
        raise _unreadable(path, error) from error
    if "classifier.weight" not in weights:
        return None
    kernel, bias = weights["classifier.weight"], weights["classifier.bias"]
    return kernel.T.astype("float32"), bias.astype("float32")


def _headless(path: Path, missing: str, architecture: str) -> UserError:
    return UserError(
        f"{path} has no classification head (no {missing}): it is an encoder; fine-tune it first "
        f"(tfkd teach), or take a ...{architecture} checkpoint."
    )


def _unreadable(path: Path, error: Exception) -> UserError:
    return UserError(
        f"the weights in {path} cannot be read as its config.json says "
        f"({type(error).__name__}: {first_line(error)}): copy the whole folder again."
    )


def _use_exact_gelu(backbone: Any, config: dict[str, Any]) -> None:
    """Replace KerasHub's tanh form of GELU, which alone moves hidden states by 0.003."""
    import keras

    if config.get("hidden_act", "gelu") != "gelu":
        return
    for layer in backbone.layers:
        inner = getattr(layer, "_feedforward_intermediate_dense", None)
        if inner is not None:
            inner.activation = keras.activations.gelu


def _through_transformers(path: Path, architecture: str) -> Any:
    import transformers

    transformers.logging.set_verbosity_error()
    model_class = getattr(transformers, f"TFAutoModel{architecture}")
    try:
        model, report = model_class.from_pretrained(str(path), output_loading_info=True)
    # OSError, SafetensorError, ValueError, ...
    except Exception as error:
        raise _unreadable(path, error) from error
    # transformers leaves these at random, with a warning at most.
    if report["missing_keys"]:
        raise _headless(path, report["missing_keys"][0], architecture)
    return model
