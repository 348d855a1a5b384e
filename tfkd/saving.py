"""Saving a Keras model: aside first, then under its name."""

from __future__ import annotations

import os
import warnings
from pathlib import Path


def save_keras(model, path: Path) -> None:
    """Write `model` to `path` (`.keras`); what was there stays until the new file is whole."""
    part = path.with_name(f"part-{path.name}")
    with warnings.catch_warnings():
        # Keras 3 passes copy=False to NumPy 2's __array__, which it need not.
        warnings.filterwarnings("ignore", "__array__", DeprecationWarning)
        model.save(part)
    os.replace(part, path)
