"""Keras callbacks that a run is given by their import paths: TensorBoard, W&B's, one's own."""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any

from ..errors import UserError


def load_callbacks(paths: str) -> list[Any]:
    """Make callbacks, each called without arguments, from import paths joined by commas.

    Modules are also looked for in the folder in which the command is given.

    >>> [type(callback).__name__ for callback in load_callbacks("keras.callbacks:TerminateOnNaN")]
    ['TerminateOnNaN']

    Args:
        paths: `package.module:Name`, several with commas; empty for none.

    Raises:
        UserError: A path that leads nowhere, or to something that is no Keras callback.
    """
    return [_make_callback(path.strip()) for path in paths.split(",") if path.strip()]


def _make_callback(path: str) -> Any:
    import keras

    factory = _import_attribute(path)
    try:
        callback = factory()
    # A stranger's class may raise anything.
    except Exception as error:
        raise UserError(
            f"{path} cannot be made without arguments ({type(error).__name__}: {error}): derive a "
            "class of your own from it that gives them."
        ) from error
    if not isinstance(callback, keras.callbacks.Callback):
        kind = type(callback)
        raise UserError(
            f"{path} is of {kind.__module__}.{kind.__name__}: give a class derived "
            "from keras.callbacks.Callback."
        )
    return callback


def _import_attribute(path: str) -> Any:
    module, _, attribute = path.partition(":")
    if os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())
    try:
        return getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise UserError(
            f"no callback {path!r} ({error}): write package.module:Name, e.g. "
            "keras.callbacks:TerminateOnNaN."
        ) from error
