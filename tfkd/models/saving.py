"""Saving a Keras model: aside first, then under its name."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np


def save_keras(model, path: Path) -> None:
    """Write `model` to `path` (`.keras`); what was there stays until the new file is whole."""
    part = path.with_name(f"part-{path.name}")
    with quiet_save():
        model.save(part)
    os.replace(part, path)


def save_weights(model, path: Path) -> None:
    """Write all variables of `model`, random state too, to `path` (`.npz`), whole or not at all."""
    part = path.with_name(f"part-{path.name}")
    np.savez(part, *[each.numpy() for each in model.variables])
    os.replace(part, path)


def load_weights(model, path: Path) -> bool:
    """Give `model` the weights that `save_weights` wrote; whether there were any."""
    if not path.is_file():
        return False
    with path.open("rb") as file, np.load(file) as found:
        for number, weight in enumerate(model.variables):
            weight.assign(found[f"arr_{number}"])
    return True


@contextmanager
def quiet_save() -> Iterator[None]:
    """Drop one warning of NumPy 2 to Keras, whose variables know no `copy=` when they are saved.

    >>> import warnings
    >>> with quiet_save():
    ...     warnings.warn("__array__ implementation doesn't accept a copy", DeprecationWarning)
    """
    with warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", "__array__ implementation doesn't accept a copy", DeprecationWarning
        )
        yield
