"""A LiteRT model as Python objects, to look at and to change what the converter has written."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np


def read_tables(model: bytes) -> Any:
    """Return a model as the objects of its schema.

    Args:
        model: A LiteRT model.
    """
    from tensorflow.lite.python import schema_py_generated as schema

    return schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(bytearray(model), 0))


def pack_tables(tables: Any) -> bytes:
    """Return the model that objects of the schema describe.

    Args:
        tables: As `read_tables` returned them.
    """
    import flatbuffers

    builder = flatbuffers.Builder(1 << 20)
    builder.Finish(tables.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def tensors_of_operators(tables: Any, name: str, place: int) -> list[Any]:
    """Return the tensors that all operators of one kind read at a place.

    Args:
        tables: As `read_tables` returned them.
        name: The operator's, such as `GATHER`.
        place: Which of its inputs.
    """
    return [
        graph.tensors[operator.inputs[place]]
        for graph in tables.subgraphs
        for operator in graph.operators
        if _code(tables, operator) == _code_of(name) and operator.inputs[place] >= 0
    ]


def operator_names(tables: Any) -> set[str]:
    """Return the names of all operators of a model.

    Args:
        tables: As `read_tables` returned them.
    """
    used = (operator for graph in tables.subgraphs for operator in graph.operators)
    return {operator_name(tables, operator) for operator in used}


def operator_name(tables: Any, operator: Any) -> str:
    """Return the name of an operator, such as `GATHER`.

    Args:
        tables: As `read_tables` returned them.
        operator: One of its graphs'.
    """
    return _operators().get(_code(tables, operator), "unknown")


@cache
def _operators() -> dict[int, str]:
    from tensorflow.lite.python import schema_py_generated as schema

    return {code: name for name, code in vars(schema.BuiltinOperator).items()}


def sizes_of(tensor: Any) -> list[int]:
    """Return a tensor's shape, -1 for what a run decides.

    Args:
        tensor: One of a graph's.
    """
    shape = tensor.shape if tensor.shapeSignature is None else tensor.shapeSignature
    return [] if shape is None else [int(size) for size in shape]


def constant_of(tables: Any, tensor: Any) -> np.ndarray | None:
    """Return the numbers of a constant of float32, or None where it is none.

    Args:
        tables: As `read_tables` returned them.
        tensor: One of its graphs'.
    """
    from tensorflow.lite.python import schema_py_generated as schema

    data = tables.buffers[tensor.buffer].data
    if tensor.type != schema.TensorType.FLOAT32 or data is None or not len(data):
        return None
    return np.frombuffer(np.asarray(data, "uint8").tobytes(), "float32").reshape(tensor.shape)


def without_unused(tables: Any) -> Any:
    """Return the model after dropping the numbers of constants that nothing reads any more.

    Args:
        tables: As `read_tables` returned them; it is changed.
    """
    used = {each.buffer for each in tables.metadata or ()}
    for graph in tables.subgraphs:
        read = {int(place) for place in (*graph.inputs, *graph.outputs)}
        for operator in graph.operators:
            read |= {int(place) for place in (*operator.inputs, *operator.outputs)}
        used |= {tensor.buffer for at, tensor in enumerate(graph.tensors) if at in read}
    for place, buffer in enumerate(tables.buffers):
        if place not in used:
            buffer.data = None
    return tables


def rename_signatures(model: bytes, names: Mapping[str, str]) -> bytes:
    """Return a model with other names of its signatures.

    Args:
        model: A LiteRT model.
        names: New names by old ones.
    """
    tables = read_tables(model)
    for signature in tables.signatureDefs or ():
        old = signature.signatureKey
        old = old.decode() if isinstance(old, bytes) else old
        signature.signatureKey = names.get(old, old)
    return pack_tables(tables)


def _code(tables: Any, operator: Any) -> int:
    code = tables.operatorCodes[operator.opcodeIndex]
    # The older field has one byte, the newer one is 0 in older files.
    return int(max(code.builtinCode, code.deprecatedBuiltinCode))


def _code_of(name: str) -> int:
    from tensorflow.lite.python import schema_py_generated as schema

    return int(getattr(schema.BuiltinOperator, name))
