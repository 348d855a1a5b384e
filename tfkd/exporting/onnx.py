"""A student as ONNX, for ONNX Runtime and what else reads it: by tf2onnx, run before it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

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
        raise UserError(f'ONNX needs {" and ".join(missing)}: pip install "tfkd[onnx]".')


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
                serve,
                input_signature=[signature.specs()],
                opset=OPSET,
                custom_op_handlers={"Erfc": (_erfc, [])},
                output_path=str(file),
            )
    except Exception as error:
        # The converter's own are ValueError, KeyError and others.
        raise UserError(
            f"tf2onnx cannot convert {signature.student.name!r} "
            f"({(str(error).splitlines() or [''])[0][:200]}): simplify the model, or export it as "
            "`.tflite` or `.keras`."
        ) from error


def _erfc(graph: Any, node: Any, name: str, rest: Any) -> None:
    """Write Erfc, which GELU computes by and tf2onnx does not know, as 1 - Erf."""
    shape, dtype = graph.get_shape(node.output[0]), graph.get_dtype(node.output[0])
    one = graph.make_const(f"{name}_one", np.ones((), "float32"))
    erf = graph.make_node("Erf", list(node.input), shapes=[shape], dtypes=[dtype])
    graph.remove_node(node.name)
    graph.make_node(
        "Sub",
        [one.output[0], erf.output[0]],
        name=node.name,
        outputs=list(node.output),
        shapes=[shape],
        dtypes=[dtype],
    )


def add_metadata(file: Path, texts: Mapping[str, str]) -> None:
    """Name the free sizes of a file, and put texts by name into its metadata."""
    import onnx

    model = onnx.load(str(file))
    _name_sizes(model.graph)
    # By entry, as `ModelMetadata.custom_metadata_map` of ONNX Runtime gives them.
    onnx.helper.set_model_props(model, dict(texts))
    onnx.save(model, str(file))


def _name_sizes(graph: Any) -> None:
    """Call free sizes `batch` and `length`, or `NAME_length` where several inputs have one."""
    del graph.value_info[:]
    several = sum(any(map(_is_free, _sizes(value)[1:])) for value in graph.input) > 1
    for value in (*graph.input, *graph.output):
        prefix = f"{value.name}_" if several else ""
        for axis, size in enumerate(_sizes(value)):
            if _is_free(size):
                name = "length" if axis == 1 else f"length_{axis}"
                size.dim_param = prefix + name if axis else "batch"


def _sizes(value: Any) -> Any:
    return value.type.tensor_type.shape.dim


def _is_free(size: Any) -> bool:
    return not size.HasField("dim_value")


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
