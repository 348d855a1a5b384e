"""A LiteRT model as Python objects, to look at and to change what the converter has written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


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
    from tensorflow.lite.python import schema_py_generated as schema

    names = {code: name for name, code in vars(schema.BuiltinOperator).items()}
    used = (operator for graph in tables.subgraphs for operator in graph.operators)
    return {names.get(_code(tables, operator), "unknown") for operator in used}


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
