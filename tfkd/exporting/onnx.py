"""A student as ONNX, for ONNX Runtime and what else reads it: by tf2onnx, run before it is kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tensorflow as tf

from ..errors import UserError
from ..runtime.quiet import quiet
from .calling import Calling
from .verify import Model

OPSET = 17  # of 2022: what is older lacks layer normalisation, what is newer some runtimes lack


def check_onnx() -> None:
    """Refuse where what writes or what runs such files is not installed."""
    from importlib.util import find_spec

    missing = [name for name in ("tf2onnx", "onnxruntime") if find_spec(name) is None]
    if missing:
        raise UserError(f'an .onnx file needs {" and ".join(missing)}: pip install "tfkd[onnx]".')


def write_onnx(calling: Calling, file: Path) -> None:
    """Write the student with the inputs it has, free where they are, and the output `logits`.

    Raises:
        UserError: an operation that ONNX has not.
    """
    serve = tf.function(calling.serve, input_signature=[calling.specs()], autograph=False)
    try:
        with quiet():
            import tf2onnx

            tf2onnx.convert.from_function(
                serve, input_signature=[calling.specs()], opset=OPSET, output_path=str(file)
            )
    except Exception as error:  # the converter's own are ValueError, KeyError and others
        raise UserError(
            f"tf2onnx cannot convert {calling.student.name!r} "
            f"({(str(error).splitlines() or [''])[0][:200]}): simplify the model, or export it as "
            "`.tflite` or `.keras`."
        ) from error


def onnx_model(file: Path) -> Model:
    """A written file as a function from arrays by name to logits."""
    import onnxruntime

    try:
        session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's own classes
        raise UserError(
            f"ONNX Runtime cannot run what tf2onnx wrote ({str(error).splitlines()[0][:200]}): "
            "simplify the model, or export it as `.tflite` or `.keras`."
        ) from error

    def run(feed: dict[str, np.ndarray]) -> np.ndarray:
        return session.run(["logits"], feed)[0]

    return run
