"""What tells a teacher's files from others under the same name."""

from __future__ import annotations

import hashlib
from pathlib import Path

from .keras_files import LABELS, keras_file

_BESIDE = (LABELS, "preprocessing.json", "tokenizer.json", "tokenizer_config.json", "vocab.txt")
_OF_MODELS = (".json", ".txt", ".keras", ".safetensors", ".h5", ".bin", ".pb", ".tflite")


def digest_spec(spec: str) -> str:
    """Return a digest of a teacher's files: another file of the same name is another teacher."""
    if " + " in spec:
        parts = " + ".join(digest_spec(part.strip()) for part in spec.split(" + "))
        return hashlib.sha256(parts.encode()).hexdigest()[:16]
    kind, _, name = spec.partition(":")
    path = Path(name.partition("#")[0] if kind == "saved_model" else name).expanduser()
    if kind == "keras":
        model = keras_file(path)
        files = [model, *(model.with_name(name) for name in _BESIDE)]
    else:
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
    digest = hashlib.sha256()
    for file in files:
        if file.is_file() and (file.suffix in _OF_MODELS or file.name.startswith("variables.")):
            digest.update(file.name.encode() + hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:16]
