"""Keras callbacks that a run is given by their import paths: TensorBoard, W&B's, one's own."""

from __future__ import annotations

import importlib
import os
import sys

from ..errors import UserError


def callbacks(paths: str) -> list:
    """Callbacks, each called without arguments, from paths joined by commas.

    Also from the folder in which the command is given. Raises `UserError` for a path that leads
    nowhere, and for what is no Keras callback.

    >>> [type(each).__name__ for each in callbacks("keras.callbacks:TerminateOnNaN")]
    ['TerminateOnNaN']
    """
    return [_made(each.strip()) for each in paths.split(",") if each.strip()]


def _made(path: str):
    import keras

    name, _, attribute = path.partition(":")
    made = _call(_found(path, name, attribute), path)
    if not isinstance(made, keras.callbacks.Callback):
        raise UserError(
            f"{path} is of {type(made).__module__}.{type(made).__name__}: give a class derived "
            "from keras.callbacks.Callback."
        )
    return made


def _found(path: str, name: str, attribute: str):
    if os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())
    try:
        return getattr(importlib.import_module(name), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise UserError(
            f"no callback {path!r} ({error}): write package.module:Name, e.g. "
            "keras.callbacks:TerminateOnNaN."
        ) from error


def _call(found, path: str):
    try:
        return found()
    except Exception as error:  # whatever a stranger's class raises
        raise UserError(
            f"{path} cannot be made without arguments ({type(error).__name__}: {error}): derive a "
            "class of your own from it that gives them."
        ) from error
