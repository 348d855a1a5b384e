"""Whose outputs these are: a digest of the teacher's weights, tokenizer and preprocessing."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import UserError
from ..models.text_model import TextModel

WORDS = {
    "teacher": "another teacher (its weights or its layers)",
    "tokenizer": "another tokenizer of the teacher",
    "preprocessing": "other preprocessing of the texts",
    "classes": "another order of the classes",
}

_FREE = ("name", "trainable", "seed")  # settings that change no output


def fingerprint(teacher) -> dict[str, Any]:
    """What must be equal for outputs to be the same teacher's.

    A callable without weights is known by its `fingerprint` attribute, or else by its name.
    """
    if isinstance(teacher, TextModel):
        tokenizer = hashlib.sha256(teacher.encoder.tokenizer.to_str().encode()).hexdigest()
        return {
            "teacher": _model(teacher.model),
            "tokenizer": tokenizer[:16],
            "preprocessing": {"max_length": teacher.encoder.max_length},
            "classes": teacher.order,
        }
    mark = _model(getattr(teacher, "model", teacher))
    where = getattr(teacher, "where", None)  # of a tapped model: other layers, other outputs
    return {"teacher": digest_of([mark, where]) if where else mark}


def differs(found: dict[str, Any], expected: dict[str, Any]) -> str | None:
    """What differs between two fingerprints, in words; only what both of them say counts."""
    for name, value in json.loads(json.dumps(expected)).items():
        if name in found and found[name] != value:
            return f"{WORDS.get(name, name)}: {found[name]} there, {value} here"
    return None


def check(found: dict[str, Any], expected: dict[str, Any], path) -> None:
    """Raise `UserError` where a store's fingerprint is another than the expected one."""
    what = differs(found, expected)
    if what:
        raise UserError(
            f"{path} holds the outputs of {what}. Give another folder, or remove this store."
        )


def digest_of(facts) -> str:
    """Eight bytes for JSON-able facts."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]


def digest_of_files(path: Path) -> str:
    """Eight bytes for a file, or all files of a folder by their names."""
    files = sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else [path]
    found = [(each.name, hashlib.sha256(each.read_bytes()).hexdigest()) for each in files]
    return digest_of(found)


def _model(model) -> str:
    given = getattr(model, "fingerprint", None)
    if given is not None:
        return str(given)
    weights = getattr(model, "weights", None)
    if weights is None or not hasattr(model, "count_params"):
        return f"{getattr(model, '__module__', '')}.{getattr(model, '__qualname__', type(model))}"
    digest = hashlib.sha256()
    for layer in getattr(model, "layers", ()):
        digest.update(f"{type(layer).__name__}{_settings(layer)}".encode())
    for weight in weights:
        array = np.asarray(weight)
        digest.update(
            f"{array.dtype}{array.shape}".encode() + np.ascontiguousarray(array).tobytes()
        )
    return digest.hexdigest()[:16]


def _settings(layer) -> list[tuple[str, Any]]:
    """What a layer does besides its weights: its plain settings, and those of layers within it."""
    try:
        config = layer.get_config()
    except Exception:  # a layer that does not say, in its own words
        config = {}
    plain = (str, int, float, bool, type(None))
    known = [(n, v) for n, v in sorted(config.items()) if isinstance(v, plain) and n not in _FREE]
    found: list[tuple[str, Any]] = [*known]
    for each in getattr(layer, "layers", ()):
        found += [(type(each).__name__, _settings(each))]
    return found
