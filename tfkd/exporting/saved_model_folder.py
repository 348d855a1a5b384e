"""What a SavedModel's folder holds besides the model: written by an export, or somebody's own."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

MANIFEST = "tfkd-files.json"
"Names and digests of what an export wrote next to the model."
_OF_SAVED_MODELS = ("saved_model.pb", "fingerprint.pb", "keras_metadata.pb", "variables", "assets")


def list_files(folder: Path, files: Sequence[Path]) -> None:
    """Write the list of the files that came with a model, if any."""
    if files:
        digests = {file.name: _digest(file) for file in sorted(files)}
        (folder / MANIFEST).write_text(json.dumps(digests, indent=1) + "\n", encoding="utf-8")


def strangers(folder: Path) -> list[str]:
    """Return the names of what belongs neither to the model nor to its export, or was changed."""
    try:
        digests = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        digests = {}
    return [
        file.name
        for file in sorted(folder.iterdir())
        if file.name not in (*_OF_SAVED_MODELS, MANIFEST)
        and not (file.is_file() and digests.get(file.name) == _digest(file))
    ]


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
