"""How a LiteRT file stores its weights: as asked for, or float32 where it has nothing to gain."""

from __future__ import annotations

import math
from typing import Any

LEAST = 1024
"Numbers of a layer's weights, from which on the converter stores them in 8 bits."


def stored_kind(blob: bytes, kind: str) -> str:
    """Return the quantisation of a file: `kind`, or "float32" where all weights stayed so.

    Args:
        blob: A LiteRT model, with or without files behind it.
        kind: What was asked for.
    """
    from tensorflow.lite.python import schema_py_generated as schema

    if kind == "float32":
        return kind
    types = {tensor.Type() for tensor, _ in _constants(blob)}
    small = (schema.TensorType.FLOAT16, schema.TensorType.INT8, schema.TensorType.INT4)
    activations = (schema.TensorType.INT8, schema.TensorType.INT16)
    if types & set(small) or set(activations) & set(_types(blob)):
        return kind
    return "float32"


def why_float32(blob: bytes, kind: str) -> str:
    """Return one sentence that says why a file of `kind` stayed float32."""
    largest = max((size for _, size in _constants(blob)), default=0)
    return (
        f"no weights are stored as {kind}: that is done in layers of {LEAST:,} weights or more, "
        f"and the largest here has {largest:,}; the file is float32."
    )


def _constants(blob: bytes) -> list[tuple[Any, int]]:
    """Return each tensor of a model that has its numbers in the file, and how many."""
    from tensorflow.lite.python import schema_py_generated as schema

    model = schema.Model.GetRootAsModel(bytearray(blob), 0)
    found = []
    for i in range(model.SubgraphsLength()):
        graph = model.Subgraphs(i)
        for j in range(graph.TensorsLength()):
            tensor = graph.Tensors(j)
            if model.Buffers(tensor.Buffer()).DataLength() and tensor.Type() != _INT32:
                shape = [tensor.Shape(axis) for axis in range(tensor.ShapeLength())]
                found.append((tensor, math.prod(shape)))
    return found


def _types(blob: bytes) -> set[int]:
    from tensorflow.lite.python import schema_py_generated as schema

    model = schema.Model.GetRootAsModel(bytearray(blob), 0)
    graphs = [model.Subgraphs(i) for i in range(model.SubgraphsLength())]
    return {graph.Tensors(j).Type() for graph in graphs for j in range(graph.TensorsLength())}


_INT32 = 2
"The type of shapes and axes, which are no weights."
