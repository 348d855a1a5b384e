"""A student as ONNX, for ONNX Runtime and what else reads it: by tf2onnx, run before it is kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tensorflow as tf

from ..errors import UserError
from ..runtime.quiet import quiet
from .calling import ModelSignature
from .verify import Model

OPSET = 17
"Of 2022: what is older lacks layer normalisation, what is newer some runtimes lack."


def check_onnx() -> None:
    """Refuse where what writes or what runs such files is not installed."""
    from importlib.util import find_spec

    missing = [name for name in ("tf2onnx", "onnxruntime") if find_spec(name) is None]
    if missing:
        raise UserError(f'an .onnx file needs {" and ".join(missing)}: pip install "tfkd[onnx]".')


def write_onnx(signature: ModelSignature, file: Path) -> None:
    """Write the student with the inputs it has, free where they are, and its outputs by name.

    Raises:
        UserError: An operation that ONNX has not.
    """
    serve = tf.function(signature.serve, input_signature=[signature.specs()], autograph=False)
    try:
        with quiet():
            import tf2onnx

            tf2onnx.convert.from_function(
                serve, input_signature=[signature.specs()], opset=OPSET, output_path=str(file)
            )
    except Exception as error:
        # The converter's own are ValueError, KeyError and others.
        raise UserError(
            f"tf2onnx cannot convert {signature.student.name!r} "
            f"({(str(error).splitlines() or [''])[0][:200]}): simplify the model, or export it as "
            "`.tflite` or `.keras`."
        ) from error


def onnx_model(file: Path) -> Model:
    """Return a written file as a function from arrays by name to outputs by name."""
    import onnxruntime

    try:
        session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    except Exception as error:
        # onnxruntime has classes of its own.
        raise UserError(
            f"ONNX Runtime cannot run what tf2onnx wrote ({str(error).splitlines()[0][:200]}): "
            "simplify the model, or export it as `.tflite` or `.keras`."
        ) from error

    names = [output.name for output in session.get_outputs()]

    def run(feed: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        return dict(zip(names, session.run(names, feed), strict=True))

    return run
