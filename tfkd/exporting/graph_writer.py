"""Write further operators into a graph of a LiteRT model, as objects of its schema."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

_TYPES = {"float32": "FLOAT32", "float16": "FLOAT16", "int32": "INT32"}


class GraphWriter:
    """The new list of a graph's operators; what is computed twice in the same way is there once.

    Args:
        tables: The model, as `flatbuffer_tables.read_tables` returned it.
        graph: One of its subgraphs.

    Attributes:
        operators: What was kept and written, in this order.
    """

    def __init__(self, tables: Any, graph: Any) -> None:
        self.operators: list[Any] = []
        self._tables, self._graph = tables, graph
        self._known: dict[Any, int] = {}

    def add_constant(self, name: str, numbers: np.ndarray) -> int:
        """Return the place of a constant.

        Args:
            name: The tensor's, to which numbers are added that make it the only one.
            numbers: In float32, float16 or int32.
        """
        from tensorflow.lite.python import schema_py_generated as schema

        # A table, whose bytes are many, is compared with no other.
        same = numbers.tobytes() if numbers.ndim < 2 else object()
        key = (str(numbers.dtype), numbers.shape, same)
        if key not in self._known:
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(numbers.tobytes(), "uint8")
            self._tables.buffers.append(buffer)
            self._known[key] = self.add_tensor(name, key[0], numbers.shape)
            self._graph.tensors[self._known[key]].buffer = len(self._tables.buffers) - 1
        return self._known[key]

    def add_tensor(self, name: str, dtype: str, shape: Sequence[int]) -> int:
        """Return the place of a new tensor.

        Args:
            name: The tensor's, to which numbers are added that make it the only one.
            dtype: `float32`, `float16` or `int32`.
            shape: -1 for sizes that a run decides.
        """
        from tensorflow.lite.python import schema_py_generated as schema

        tensor = schema.TensorT()
        graphs = [id(graph) for graph in self._tables.subgraphs]
        # The quantizer knows tensors by their names.
        own = f"{name}_{graphs.index(id(self._graph))}_{len(self._graph.tensors)}"
        tensor.name, tensor.buffer = own.encode(), 0
        tensor.type = getattr(schema.TensorType, _TYPES[dtype])
        sizes = np.array(list(shape), "int32")
        tensor.shape = np.where(sizes < 0, 1, sizes).astype("int32")
        if (sizes < 0).any():
            tensor.shapeSignature = sizes
        self._graph.tensors.append(tensor)
        return len(self._graph.tensors) - 1

    def compute(
        self, operator: str, inputs: Sequence[int], shape: Sequence[int], **options: Any
    ) -> int:
        """Return the place of what an operator computes, in the type of its first input.

        Args:
            operator: Its name, such as `RESHAPE`.
            inputs: Places of its tensors.
            shape: Of its output, -1 for sizes that a run decides.
            **options: `name` and `dtype` of the output, by default its own; fields of its options
                in the schema.
        """
        from tensorflow.lite.python import schema_py_generated as schema

        types = {getattr(schema.TensorType, name): dtype for dtype, name in _TYPES.items()}
        name = options.pop("name", operator.lower())
        dtype = options.pop("dtype", None) or types[self._graph.tensors[inputs[0]].type]
        key = (operator, tuple(inputs), tuple(sorted(options.items())))
        if key not in self._known:
            self._known[key] = self.add_tensor(name, dtype, shape)
            self.add_operator(operator, inputs, self._known[key], **options)
        return self._known[key]

    def add_operator(self, name: str, inputs: Sequence[int], output: int, **options: Any) -> None:
        """Write an operator behind those that are there.

        Args:
            name: Its name, such as `RESHAPE`.
            inputs: Places of its tensors.
            output: The place of what it computes.
            **options: Fields of its options in the schema.
        """
        from tensorflow.lite.python import schema_py_generated as schema

        made = schema.OperatorT()
        made.opcodeIndex = self._code(name, _version(name, options))
        made.inputs = np.array(list(inputs), "int32")
        made.outputs = np.array([output], "int32")
        if options:
            kind = "".join(part.capitalize() for part in name.split("_")) + "Options"
            made.builtinOptionsType = getattr(schema.BuiltinOptions, kind)
            made.builtinOptions = getattr(schema, f"{kind}T")()
            for field, value in options.items():
                setattr(made.builtinOptions, field, value)
        self.operators.append(made)

    def _code(self, name: str, version: int) -> int:
        from tensorflow.lite.python import schema_py_generated as schema

        number = getattr(schema.BuiltinOperator, name)
        for place, code in enumerate(self._tables.operatorCodes):
            if code.builtinCode == number and code.version == version:
                return place
        code = schema.OperatorCodeT()
        code.builtinCode, code.version = number, version
        # The older field has one byte.
        code.deprecatedBuiltinCode = min(number, 127)
        self._tables.operatorCodes.append(code)
        return len(self._tables.operatorCodes) - 1


def _version(name: str, options: dict[str, Any]) -> int:
    """Return the lowest version of an operator that has what is asked of it."""
    if name == "GATHER" and options.get("batchDims"):
        return 5
    # Of float16.
    return 3 if name == "DEQUANTIZE" else 1
