"""Whose outputs these are: a digest of the teacher's weights, tokenizer and preprocessing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import UserError
from ..models.callables import models_within
from ..models.hugging_face_config import describe_computation
from ..text import encoder_of, padding_of

WORDS = {
    "teacher": "another teacher (its weights or its layers)",
    "tokenizer": "another tokenizer of the teacher",
    "padding": "another padding token",
    "preprocessing": "other preprocessing of the texts",
    "classes": "another order of the classes",
    "decoding": "another way of writing",
}

_FREE = ("name", "trainable", "seed")  # settings that change no output


def fingerprint(teacher: Any) -> dict[str, Any]:
    """Return what must be equal for outputs to be the same teacher's.

    A callable without weights is known by its `fingerprint` attribute, or else by its name.
    """
    encoder = encoder_of(teacher)
    if encoder is not None:
        prefix = getattr(encoder, "prefix", "")
        pad_id = padding_of(teacher)
        return {
            **({"padding": pad_id} if pad_id else {}),
            "teacher": _digest_of_model(teacher.model),
            "tokenizer": encoder.fingerprint(),
            "preprocessing": {
                "max_length": encoder.max_length,
                **({"padding_side": "left"} if getattr(encoder, "pad_left", False) else {}),
                **({"prefix": prefix} if prefix else {}),
            },
            "classes": teacher.order,
        }
    mark = _digest_of_model(getattr(teacher, "model", teacher))
    # Of a tapped model: other layers, other outputs.
    where = getattr(teacher, "where", None)
    return {"teacher": digest_of([mark, where]) if where else mark}


def difference(found: Mapping[str, Any], expected: Mapping[str, Any]) -> str | None:
    """Describe what differs between two fingerprints; only what both of them say counts."""
    for name, value in json.loads(json.dumps(expected)).items():
        if name in found and found[name] != value:
            return f"{WORDS.get(name, name)}: {found[name]} there, {value} here"
    return None


def check_fingerprint(
    found: Mapping[str, Any], expected: Mapping[str, Any], path: str | Path
) -> None:
    """Raise `UserError` where a store's fingerprint is another than the expected one.

    Args:
        found: The fingerprint that is in the store.
        expected: The fingerprint of the teacher and its settings.
        path: The store, for the error.
    """
    what = difference(found, expected)
    if what:
        raise UserError(
            f"{path} holds the outputs of {what}. Give another folder, or remove this store."
        )


def digest_of(facts: Any) -> str:
    """Return eight bytes, in hex, that tell JSON values from others."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]


def digest_of_files(path: Path) -> str:
    """Return eight bytes, in hex, that tell a file or the files of a folder from others."""
    files = sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
    return digest_of([(file.name, hashlib.sha256(file.read_bytes()).hexdigest()) for file in files])


def _digest_of_model(model: Any) -> str:
    own = getattr(model, "fingerprint", None)
    if own is not None:
        return str(own)
    weights = getattr(model, "weights", None)
    if weights is None or not hasattr(model, "count_params"):
        return _digest_of_function(model)
    # Layers of transformers say nothing of themselves.
    digest = hashlib.sha256(describe_computation(model).encode())
    for layer in getattr(model, "layers", ()):
        digest.update(f"{type(layer).__name__}{_settings(layer)}".encode())
    for weight in weights:
        array = np.asarray(weight)
        digest.update(
            f"{array.dtype}{array.shape}".encode() + np.ascontiguousarray(array).tobytes()
        )
    return digest.hexdigest()[:16]


def _digest_of_function(function: Any) -> str:
    """Return a function's name, with the digests of the models that it calls."""
    name = f"{getattr(function, '__module__', '')}.{getattr(function, '__qualname__', '')}"
    if not hasattr(function, "__qualname__"):
        name += str(type(function))
    models = [each for each in models_within(function) if _is_model(each)]
    return digest_of([name, [fingerprint(each) for each in models]]) if models else name


def _is_model(value: Any) -> bool:
    return any(hasattr(value, name) for name in ("fingerprint", "count_params", "encoder"))


def _settings(layer: Any) -> list[tuple[str, Any]]:
    """Return what a layer does besides its weights: plain settings, also of layers within it."""
    try:
        config = layer.get_config()
    # A layer that does not say, in its own words.
    except Exception:
        config = {}
    plain = (str, int, float, bool, type(None))
    settings: list[tuple[str, Any]] = [
        (name, value)
        for name, value in sorted(config.items())
        if isinstance(value, plain) and name not in _FREE
    ]
    if hasattr(layer, "get_vocabulary"):
        # Of a layer that reads texts, which is no setting where it was learnt.
        settings.append(("vocabulary", list(layer.get_vocabulary())))
    for inner in getattr(layer, "layers", ()):
        settings.append((type(inner).__name__, _settings(inner)))
    return settings
