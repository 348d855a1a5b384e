"""A Keras model from its file, by whichever Keras wrote it; what cannot be read, with its cure."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

from ..errors import UserError, first_line

_CUSTOM = ("Could not locate", "Unknown layer", "Unknown object", "Lambda")
"""How Keras begins to say that a class or a function is not known here."""
_CURE = (
    ": it holds code of your own; decorate that with @keras.saving.register_keras_serializable() "
    "and import its module before load_teacher, or write model.export(FOLDER) and give "
    "saved_model:FOLDER"
)


def load_keras_model(file: Path) -> Any:
    """Return the model in a `.keras` or `.h5` file, of Keras 3 or of tf_keras.

    Raises:
        UserError: Weights alone, code that is not known here, or a file that is damaged.
    """
    import keras

    config = _read_config(file)
    if config is None and _is_hdf5(file):
        raise UserError(
            f"{file} holds weights alone, without the layers: build the model with the code that "
            "made it, call model.load_weights(...), and save it whole, model.save('model.keras')."
        )
    try:
        return keras.models.load_model(file, compile=False)
    except Exception as error:
        # tf_keras runs the code of a Lambda in an .h5 unasked.
        legacy = _load_legacy(file) if config and "lambda" not in config.lower() else None
        if legacy is not None:
            return legacy
        said = first_line(error)[:160]
        cure = _CURE if any(words in str(error) for words in _CUSTOM) else ""
        raise UserError(f"{file} cannot be loaded as a Keras model ({said}){cure}.") from error


def _load_legacy(file: Path) -> Any:
    """Return a model that tf_keras wrote, `None` where it cannot read the file or is not there."""
    try:
        import tf_keras

        return tf_keras.models.load_model(file, compile=False)
    # What both of them say is told by the first one's words.
    except Exception:
        return None


def _is_hdf5(file: Path) -> bool:
    with file.open("rb") as start:
        return start.read(8) == b"\x89HDF\r\n\x1a\n"


def _read_config(file: Path) -> str | None:
    """Return the layers of a file as plain JSON, `None` without any, "" if damaged."""
    import h5py

    try:
        if not _is_hdf5(file):
            with zipfile.ZipFile(file) as archive:
                return json.dumps(json.loads(archive.read("config.json")))
        with h5py.File(file, "r") as content:
            config = content.attrs.get("model_config")
            return None if config is None else json.dumps(json.loads(config))
    except (OSError, KeyError, ValueError, zipfile.BadZipFile):
        return ""
