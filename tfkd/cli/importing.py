"""The import of TensorFlow by a command that needs it."""

from __future__ import annotations

from contextlib import suppress


def import_tensorflow(teacher: str = "") -> None:
    """Import TensorFlow without the lines that it prints about the machine.

    Args:
        teacher: The spec of the teacher.
    """
    import importlib
    import logging

    from ..runtime.quiet import quiet

    with quiet():
        if "torch:" in teacher:
            # Some versions of PyTorch crash where TensorFlow was imported before them.
            with suppress(ImportError):
                importlib.import_module("torch._dynamo")
        import tensorflow as tf

        tf.config.list_physical_devices()
    # Each model is traced again, which TensorFlow takes for a mistake and warns of.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
