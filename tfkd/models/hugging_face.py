"""A Hugging Face BERT-like classifier folder as a callable, through KerasHub or transformers."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import numpy as np

from ..errors import UserError, first_line, missing_extra


def load_classifier(path: str | Path):
    """The classifier in a Hugging Face folder, head included: a Keras model or a callable.

    The result reads `{"input_ids", "attention_mask"}`, int32 `[batch, length]`, and returns
    `{"logits": [batch, classes]}`. BERT goes through KerasHub where it is installed (Keras 3),
    everything else through transformers (tf_keras).

    Raises:
        UserError: no such folder or package, weights that are damaged or of another kind of model,
            no classification head.
    """
    path = Path(path)
    config = read_config(path)
    if _plain_bert(config) and _has("keras_hub"):
        return _through_keras_hub(path, config)
    if _has("transformers", "tf_keras"):
        return _through_transformers(path)
    extra = "hub" if config.get("model_type") == "bert" else "hf"
    raise UserError(
        f"a {config.get('model_type')} teacher needs KerasHub or transformers: run "
        f'`pip install "tfkd[{extra}]"`.'
    )


def through_keras_hub(path: Path):
    """A BERT classifier, of Hugging Face's or a preset of KerasHub's own, as a Keras 3 model."""
    if not _has("keras_hub"):
        raise UserError('a hub: teacher needs KerasHub: run `pip install "tfkd[hub]"`.')
    if (path / "task.json").is_file():
        return _preset(path)
    config = read_config(path)
    if not _plain_bert(config):
        raise UserError(
            f"KerasHub does not read {path} as it was trained ({config.get('model_type')}, "
            f"{config.get('hidden_act')}): write hf:{path}, or torch:{path}."
        )
    return _through_keras_hub(path, config)


def through_transformers(path: Path):
    """A classifier as transformers' TensorFlow model, of tf_keras."""
    if not _has("transformers", "tf_keras"):
        raise UserError('a tf: teacher needs transformers: run `pip install "tfkd[hf]"`.')
    return _through_transformers(path)


def _preset(path: Path):
    import keras_hub

    try:
        return keras_hub.models.TextClassifier.from_preset(str(path), preprocessor=None)
    except Exception as error:
        raise _unreadable(path, error) from error


def read_config(path: Path) -> dict:
    """`config.json` of a Hugging Face folder."""
    file = path / "config.json"
    if not file.is_file():
        raise UserError(
            f"{path} is no Hugging Face model folder: expected a folder with config.json, "
            "weights and vocab.txt or tokenizer.json."
        )
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:  # not JSON, or not UTF-8
        raise UserError(f"{file} is not JSON ({error}): copy it again.") from error
    if not isinstance(config, dict):
        raise UserError(f"{file} holds no settings of a model: copy it again.")
    return config


def label_names(config: dict) -> tuple[str, ...]:
    """The class names in order of their ids."""
    names = config.get("id2label") or {}
    return tuple(names[key] for key in sorted(names, key=int))


def _plain_bert(config: dict) -> bool:
    """Whether KerasHub's BERT is this model: it knows one activation, epsilon and position."""
    return (
        config.get("model_type") == "bert"
        and config.get("hidden_act", "gelu") in ("gelu", "gelu_new", "gelu_pytorch_tanh")
        and config.get("layer_norm_eps", 1e-12) == 1e-12
        and config.get("position_embedding_type", "absolute") == "absolute"
        and config.get("type_vocab_size", 2) == 2
    )


def _has(*packages: str) -> bool:
    return all(importlib.util.find_spec(package) for package in packages)


def trainable_classifier(path: Path, classes: int):
    """A BERT encoder with a classification head of `classes`, to fine-tune: ids to logits.

    The head is the folder's own where it has one of that size, else a new one.
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
    logits = dense(dropped(_pooled(backbone, ids, mask)))
    if head is not None and head[0].shape[1] == classes:
        dense.set_weights(list(head))
    return keras.Model(ids, logits)


def _through_keras_hub(path: Path, config: dict):
    import keras

    head = _head(path)
    if head is None:
        raise _headless(path, "classifier.weight")
    backbone = _backbone(path, config, exact=True)
    names = ("input_ids", "attention_mask")
    ids, mask = (keras.Input((None,), dtype="int32", name=name) for name in names)
    dense = keras.layers.Dense(head[0].shape[1], name="classifier")
    logits = dense(_pooled(backbone, ids, mask))
    # KerasHub converts no BERT head and would leave one at random, without a word.
    dense.set_weights(list(head))
    return keras.Model({"input_ids": ids, "attention_mask": mask}, {"logits": logits})


def _backbone(path: Path, config: dict, exact: bool):
    import keras_hub

    try:
        backbone = keras_hub.models.BertBackbone.from_preset(str(path), dtype="float32")
    except Exception as error:  # KeyError, SafetensorError, ValueError, ...
        raise _unreadable(path, error) from error
    if exact:
        _use_exact_gelu(backbone, config)
    return backbone


def _pooled(backbone, ids, mask):
    import keras

    segments = keras.ops.zeros_like(ids)
    return backbone({"token_ids": ids, "padding_mask": mask, "segment_ids": segments})[
        "pooled_output"
    ]


def _head(path: Path) -> tuple[np.ndarray, np.ndarray] | None:
    """Kernel `[width, classes]` and bias of the folder's classification head, if it has one."""
    from safetensors.numpy import load_file

    file = path / "model.safetensors"
    if not file.is_file():
        raise UserError(f"{path} holds no model.safetensors: convert the checkpoint first.")
    try:
        weights = load_file(str(file))
    except Exception as error:  # SafetensorError is no ValueError
        raise _unreadable(path, error) from error
    if "classifier.weight" not in weights:
        return None
    kernel, bias = weights["classifier.weight"], weights["classifier.bias"]
    return kernel.T.astype("float32"), bias.astype("float32")


def _headless(path: Path, missing: str) -> UserError:
    return UserError(
        f"{path} has no classification head (no {missing}): it is an encoder; fine-tune it first "
        "(tfkd teach), or take a ...ForSequenceClassification checkpoint."
    )


def _unreadable(path: Path, error: Exception) -> UserError:
    return UserError(
        f"the weights in {path} cannot be read as its config.json says "
        f"({type(error).__name__}: {first_line(error)}): copy the whole folder again."
    )


def _use_exact_gelu(backbone, config: dict) -> None:
    """KerasHub's BERT uses the tanh form of GELU, which alone moves hidden states by 0.003."""
    import keras

    if config.get("hidden_act", "gelu") != "gelu":
        return
    for layer in backbone.layers:
        inner = getattr(layer, "_feedforward_intermediate_dense", None)
        if inner is not None:
            inner.activation = keras.activations.gelu


def _through_transformers(path: Path):
    import transformers

    transformers.logging.set_verbosity_error()
    kind = transformers.TFAutoModelForSequenceClassification
    try:
        model, facts = kind.from_pretrained(str(path), output_loading_info=True)
    except Exception as error:  # OSError, SafetensorError, ValueError, ...
        raise _unreadable(path, error) from error
    if facts["missing_keys"]:  # transformers leaves these at random, with a warning at most
        raise _headless(path, facts["missing_keys"][0])
    return model


def masked_lm(path: Path):
    """The masked language model in a Hugging Face folder, by transformers."""
    read_config(path)
    try:
        import transformers

        kind = transformers.TFAutoModelForMaskedLM
    except (ImportError, AttributeError):
        raise missing_extra("transformers", "hf", "a masked language model") from None
    try:
        model, facts = kind.from_pretrained(str(path), output_loading_info=True)
    except Exception as error:  # OSError, SafetensorError, ValueError, ...
        raise UserError(f"{path} holds no masked language model ({first_line(error)}).") from error
    if facts["missing_keys"]:  # left at random, with a warning at most
        raise UserError(
            f"{path} has no head for masked language modelling (no {facts['missing_keys'][0]}): "
            "take a ...ForMaskedLM checkpoint."
        )
    return model
