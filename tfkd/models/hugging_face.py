"""Models from a Hugging Face folder, without its tokenizer, by KerasHub or transformers.

What KerasHub computes exactly goes through it where it is installed (Keras 3), everything else
through transformers (tf_keras). `tfkd.teachers.pretrained` adds the tokenizer.
"""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import Any

from ..errors import UserError, first_line, missing_extra
from . import keras_hub_models as hub
from .hugging_face_config import read_config
from .hugging_face_weights import (
    kind_of_weights,
    names_of_pytorch,
    pytorch_folder,
    readable_folder,
)


def load_model(path: str | Path, architecture: str, *, pairs: bool = False) -> Any:
    """Load the model in a Hugging Face folder, head included: a Keras model or a callable.

    Args:
        path: The folder.
        architecture: The end of the class's name, e.g. `ForSequenceClassification`.
        pairs: Whether it is given segments, of pairs of texts.

    Returns:
        A model of `{"input_ids", "attention_mask"}`, int32 `[batch, length]`, that returns its
        outputs by name, e.g. `{"logits": [batch, classes]}`.

    Raises:
        UserError: No such folder or package, weights that are damaged or of another kind of model,
            no head of that kind.
    """
    path = Path(path)
    config = read_config(path)
    tensorflow = has_packages("transformers", "tf_keras")
    exact = hub.is_exact(config, architecture) and has_packages("keras_hub")
    # RoBERTa counts no position for a `<pad>` within a text, and KerasHub does.
    fastest = config.get("model_type") == "bert" or not tensorflow
    if exact and fastest and kind_of_weights(path) == "safetensors":
        return hub.load_classifier(path, config, architecture, pairs)
    if tensorflow:
        return load_by_transformers(path, architecture)
    extra = "hub" if config.get("model_type") == "bert" else "hf"
    raise UserError(
        f"a {config.get('model_type')} teacher needs KerasHub or transformers: run "
        f'`pip install "tfkd[{extra}]"`.'
    )


def load_by_keras_hub(path: Path, architecture: str, *, pairs: bool = False) -> Any:
    """Load a BERT or RoBERTa, or a preset of KerasHub's own, as a Keras 3 model.

    Args:
        path: The folder.
        architecture: The end of the class's name, e.g. `ForSequenceClassification`.
        pairs: Whether it is given segments, of pairs of texts.

    Raises:
        UserError: No KerasHub, or a model or a head that it does not know.
    """
    if not has_packages("keras_hub"):
        raise UserError('a hub: teacher needs KerasHub: run `pip install "tfkd[hub]"`.')
    if architecture not in (hub.CLASSES, hub.TOKENS):
        raise UserError(f"KerasHub has no BERT {architecture}: write hf:{path}, or torch:{path}.")
    if (path / "task.json").is_file():
        return hub.load_preset(path)
    config = read_config(path)
    if not hub.is_exact(config, architecture):
        raise UserError(
            f"KerasHub does not read {path} as it was trained ({config.get('model_type')}, "
            f"{config.get('hidden_act')}): write hf:{path}, or torch:{path}."
        )
    if kind_of_weights(path) == "tf":
        raise UserError(
            f"KerasHub reads weights of PyTorch, and those of {path} are TensorFlow's: write "
            f"tf:{path}."
        )
    with readable_folder(path) as folder:
        return hub.load_classifier(folder, config, architecture, pairs)


def load_by_transformers(path: Path, architecture: str) -> Any:
    """Load a model as transformers' TensorFlow model, of tf_keras.

    Args:
        path: The folder.
        architecture: The end of the class's name, e.g. `ForSequenceClassification`.

    Raises:
        UserError: No transformers with TensorFlow models, a model that is in PyTorch alone, weights
            that do not fit, no head of that kind.
    """
    if not has_packages("transformers", "tf_keras"):
        raise UserError('a tf: teacher needs transformers: run `pip install "tfkd[hf]"`.')
    model, missing = _from_pretrained(path, architecture)
    # transformers leaves these at random, with a warning at most.
    if missing:
        raise hub.headless(path, missing[0], architecture)
    return model


def trainable_classifier(path: Path, classes: int, pad_id: int = 0, *, pairs: bool = False) -> Any:
    """Return an encoder with a classification head to fine-tune: ids to logits.

    Args:
        path: A Hugging Face folder.
        classes: How many logits the head has. It is the folder's own where that has as many, else
            a new one.
        pad_id: What its tokenizer pads with.
        pairs: Whether it reads segments too, of pairs of texts.

    Raises:
        UserError: No BERT or RoBERTa, or no KerasHub.
    """
    config = read_config(path)
    check_trainable(path, config)
    if kind_of_weights(path) != "tf":
        with readable_folder(path) as folder:
            return hub.trainable(folder, config, classes, pad_id=pad_id, pairs=pairs)
    if not has_packages("transformers", "tf_keras"):
        raise missing_extra("transformers", "hf", f"{path}, with weights of TensorFlow,")
    model, missing = _from_pretrained(path, hub.CLASSES)
    heads = {layer.name for layer in model.layers if layer.name in missing}
    weights = names_of_pytorch(model)
    kept = {n: w for n, w in weights.items() if n.partition(".")[0] not in heads}
    with pytorch_folder(path, kept) as folder:
        return hub.trainable(folder, config, classes, pad_id=pad_id, pairs=pairs)


def check_trainable(path: Path, config: dict[str, Any]) -> None:
    """Refuse a folder that cannot be fine-tuned.

    Raises:
        UserError: It is of another kind than KerasHub has, or that is not installed.
    """
    kind = str(config.get("model_type"))
    if kind not in hub.FAMILIES or not has_packages("keras_hub"):
        raise UserError(
            f"fine-tuning takes a folder of {', '.join(hub.FAMILIES)} through KerasHub, and {path} "
            f'is {kind}: run `pip install "tfkd[hub]"`, or fine-tune it with transformers and give '
            "it as hf:PATH."
        )


def load_masked_lm(path: Path) -> Any:
    """Load the masked language model in a Hugging Face folder, by transformers."""
    read_config(path)
    if not has_packages("transformers", "tf_keras"):
        raise missing_extra("transformers", "hf", "a masked language model")
    try:
        model, missing = _from_pretrained(path, "ForMaskedLM")
    except UserError as error:
        cause = error.__cause__ or error
        raise UserError(f"{path} holds no masked language model ({first_line(cause)}).") from error
    # Such weights are left at random, with a warning at most.
    if missing:
        raise UserError(
            f"{path} has no head for masked language modelling (no {missing[0]}): "
            "take a ...ForMaskedLM checkpoint."
        )
    return model


def has_packages(*packages: str) -> bool:
    """Return whether all of these are installed."""
    return all(importlib.util.find_spec(package) for package in packages)


def _from_pretrained(path: Path, architecture: str) -> tuple[Any, list[str]]:
    """Load a TensorFlow model; return it with the names of weights that the folder lacks."""
    import transformers

    transformers.logging.set_verbosity_error()
    _check_in_tensorflow(path, architecture)
    model_class = getattr(transformers, f"TFAutoModel{architecture}")
    with readable_folder(path) as folder:
        try:
            model, report = model_class.from_pretrained(str(folder), output_loading_info=True)
        # OSError, SafetensorError, ValueError, ...
        except Exception as error:
            raise hub.unreadable(path, error) from error
    # A layer without weights may have another number in its name than where it was saved.
    empty = {layer.name for layer in model.layers if not layer.weights}
    return model, [name for name in report["missing_keys"] if name not in empty]


def _check_in_tensorflow(path: Path, architecture: str) -> None:
    """Refuse a kind of model that transformers has in PyTorch alone, as all of version 5.

    Raises:
        UserError: It is.
    """
    from transformers.models import auto

    kind = read_config(path).get("model_type")
    written = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", architecture).upper()
    try:
        names = importlib.import_module(".modeling_tf_auto", auto.__name__)
        known = getattr(names, f"TF_MODEL_{written}_MAPPING_NAMES", {kind: ""})
    except ImportError:
        known = {}
    if kind in known:
        return
    cure = "" if has_packages("torch") else ' (pip install "tfkd[torch]")'
    if not known:
        cure += ', or take transformers below 5 (pip install "tfkd[hf]")'
    raise UserError(
        f"{path} is a {kind} model, and the transformers here have it in PyTorch alone: write "
        f"torch:{path}{cure}."
    )
