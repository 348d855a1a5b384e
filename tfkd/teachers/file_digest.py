"""What tells a teacher's files from others under the same name."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from ..runtime.zip_tail import unpack
from .by_head import split_heads
from .few_labels.fit_spec import NLI, is_fitted, read_fit_spec
from .function_spec import KIND, digest_function, find_function
from .keras_files import LABELS, keras_file

_BESIDE = (LABELS, "preprocessing.json", "tokenizer.json", "tokenizer_config.json", "vocab.txt")
_NAMES = ("id2label", "label2id")
_OF_MODELS = (".json", ".txt", ".keras", ".safetensors", ".h5", ".bin", ".pb", ".tflite")


def digest_spec(spec: str, *, with_names: bool = True) -> str:
    """Return a digest of a teacher's files: another file of the same name is another teacher.

    Args:
        spec: The teacher.
        with_names: Whether the names of its classes count; they change none of its outputs.
    """
    heads = split_heads(spec)
    if heads:
        marks = (f"{h}={digest_spec(s, with_names=with_names)}" for h, s in heads.items())
        return hashlib.sha256(" + ".join(marks).encode()).hexdigest()[:16]
    if " + " in spec:
        members = (digest_spec(part.strip(), with_names=with_names) for part in spec.split(" + "))
        parts = " + ".join(members)
        return hashlib.sha256(parts.encode()).hexdigest()[:16]
    if is_fitted(spec):
        wanted = read_fit_spec(spec)
        # The names of a model of entailment say which of its outputs is read.
        inner = digest_spec(wanted.inner, with_names=with_names or wanted.kind == NLI)
        facts = f"{wanted.kind} {wanted.contrastive} {inner}"
        return hashlib.sha256(facts.encode()).hexdigest()[:16]
    kind, _, name = spec.partition(":")
    if kind == KIND:
        return digest_function(find_function(name))
    path = Path(name.partition("#")[0] if kind == "saved_model" else name).expanduser()
    if kind == "keras":
        model = keras_file(path)
        files = [model]
        if "tfkd.json" not in unpack(model, str(model)):
            files += [model.with_name(name) for name in _BESIDE]
    else:
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
    digest = hashlib.sha256()
    for file in files:
        if file.name == LABELS and not with_names:
            continue
        if file.is_file() and (file.suffix in _OF_MODELS or file.name.startswith("variables.")):
            content = file.read_bytes() if with_names else _without_names(file)
            digest.update(file.name.encode() + hashlib.sha256(content).digest())
    return digest.hexdigest()[:16]


def _without_names(file: Path) -> bytes:
    """Return the content of a file without the names of classes that it gives."""
    content = file.read_bytes()
    if file.name != "config.json":
        return content
    try:
        settings = json.loads(content)
    except ValueError:
        return content
    rest = {name: value for name, value in settings.items() if name not in _NAMES}
    return json.dumps(rest, sort_keys=True).encode()
