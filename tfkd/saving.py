"""Saving a Keras model: aside first, then under its name."""

from __future__ import annotations

import os
from pathlib import Path

from .quiet import quiet_save


def save_keras(model, path: Path) -> None:
    """Write `model` to `path` (`.keras`); what was there stays until the new file is whole."""
    part = path.with_name(f"part-{path.name}")
    with quiet_save():
        model.save(part)
    os.replace(part, path)
