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
from .hugging_face_heads import GIVES, VECTORS, headless
from .hugging_face_pooling import read_pooling
from .hugging_face_weights import kind_of_weights, readable_folder
from .keras_hub_heads import load_with_head


def load_model(path: str | Path, architecture: str, *, segments: bool = False) -> Any:
    """Load the model in a Hugging Face folder, head included: a Keras model or a callable.

    Args:
        path: The folder.
        architecture: The end of the class's name, e.g. `ForSequenceClassification`.
        segments: Whether it is told which of two texts a token is of.

    Returns:
        A model of `{"input_ids", "attention_mask"}`, int32 `[batch, length]`, that returns its
        outputs by name: `{"logits": [batch, classes]}`, `[batch, length, classes]` for words, or
        `start_logits` and `end_logits`, `[batch, length]`.

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
        return load_with_head(path, config, architecture, segments)
    if tensorflow:
        return load_by_transformers(path, architecture)
    extra = "hub" if config.get("model_type") == "bert" else "hf"
    raise UserError(
        f"a {config.get('model_type')} teacher needs KerasHub or transformers: run "
        f'`pip install "tfkd[{extra}]"`.'
    )


def load_by_keras_hub(path: Path, architecture: str, *, segments: bool = False) -> Any:
    """Load a BERT or RoBERTa, or a preset of KerasHub's own, as a Keras 3 model.

    Args:
        path: The folder.
        architecture: The end of the class's name, e.g. `ForSequenceClassification`.
        segments: Whether it is told which of two texts a token is of.

    Raises:
        UserError: No KerasHub, or a model or a head that it does not know.
    """
    if not has_packages("keras_hub"):
        raise UserError('a hub: teacher needs KerasHub: run `pip install "tfkd[hub]"`.')
    if architecture not in (*GIVES, VECTORS):
        raise UserError(f"KerasHub has no BERT {architecture}: write hf:{path}, or torch:{path}.")
    if (path / "task.json").is_file():
        return hub.load_preset(path, architecture)
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
        return load_with_head(folder, config, architecture, segments)


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
    if architecture == VECTORS:
        from .tensorflow_vectors import TensorFlowVectors

        how = read_pooling(path)
        model, missing = from_pretrained(path, "")
        # A pooler is not read.
        if missing := [name for name in missing if "pooler" not in name]:
            raise headless(path, missing[0], architecture)
        return TensorFlowVectors(model, how)
    model, missing = from_pretrained(path, architecture)
    # transformers leaves these at random, with a warning at most.
    if missing:
        raise headless(path, missing[0], architecture)
    return model


def load_masked_lm(path: Path) -> Any:
    """Load the masked language model in a Hugging Face folder, by transformers."""
    read_config(path)
    if not has_packages("transformers", "tf_keras"):
        raise missing_extra("transformers", "hf", "a masked language model")
    try:
        model, missing = from_pretrained(path, "ForMaskedLM")
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


def from_pretrained(path: Path, architecture: str) -> tuple[Any, list[str]]:
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
