"""Save a Keras model so that its file is whole or not there."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from ..files import replace_when_whole


def save_keras(model: Any, path: Path) -> None:
    """Write `model` to `path` (`.keras`); what was there stays until the new file is whole."""
    with replace_when_whole(path) as part, quiet_save():
        model.save(part)


def save_weights(model: Any, path: Path) -> None:
    """Write all variables of `model`, random state too, to `path` (`.npz`), whole or not at all."""
    with replace_when_whole(path) as part:
        np.savez(part, *[variable.numpy() for variable in model.variables])


def load_weights(model: Any, path: Path) -> bool:
    """Give `model` the weights that `save_weights` wrote; return whether there were any."""
    if not path.is_file():
        return False
    with path.open("rb") as file, np.load(file) as arrays:
        for number, weight in enumerate(model.variables):
            weight.assign(arrays[f"arr_{number}"])
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
