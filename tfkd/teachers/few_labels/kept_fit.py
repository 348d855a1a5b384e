"""What was fitted, in a file beside the stores of outputs: a teacher is fitted once."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import numpy as np

from ...files import PREFIX, replace_when_whole

_ALWAYS = {"weights", "bias", "note"}
Fit = dict[str, np.ndarray]


def recall_fit(file: Path | None) -> Fit | None:
    """Return what was fitted before; None where there is no file, or a damaged one.

    Args:
        file: Where it is kept; None for nowhere.
    """
    if file is None or not file.is_file():
        return None
    try:
        # NumPy leaves a file open that it cannot read.
        with file.open("rb") as stream, np.load(stream, allow_pickle=False) as kept:
            found = dict(kept)
    except (OSError, ValueError, zipfile.BadZipFile, EOFError):
        return None
    return found if set(found) >= _ALWAYS else None


def keep_fit(file: Path | None, fitted: Fit) -> Fit:
    """Write what was fitted, whole or not at all, and return it.

    Args:
        file: Where it is kept; None for nowhere.
        fitted: Arrays by name.
    """
    if file is None:
        return fitted
    file.parent.mkdir(parents=True, exist_ok=True)
    # Several processes may write the same at once.
    own = file.with_name(f"{PREFIX}{os.getpid()}-{file.name}")
    with replace_when_whole(own) as part, part.open("wb") as stream:
        np.savez(stream, **fitted)  # type: ignore[arg-type]  # no array is called allow_pickle
    own.replace(file)
    return fitted
