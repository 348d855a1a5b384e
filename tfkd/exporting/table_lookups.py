"""Rewrite how a LiteRT model looks vectors up, so that the quantizer stores tables in 4 bits.

Keras's embeddings become `GATHER`, whose tables stay float32 in all but fully quantised models.
`EMBEDDING_LOOKUP` computes the same of tables in few bits, with a scale for each block of a row.
Vectors shorter than a block are stored several in a row, and picked behind the look-up. A table of
one column would read a whole block for each number, so that its scales are looked up apart:

| | looked up | then |
|---|---|---|
| id 70 of 16 columns | row 70 // 2 = 35 of two vectors | vector 70 % 2 = 0 of these |
| id 70 of 1 column | row 70 // 2 = 35 of two steps | step 70 % 2 = 0, times scale 70 // 256 = 0 |
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np

from .flatbuffer_tables import (
    constant_of,
    operator_name,
    pack_tables,
    read_tables,
    sizes_of,
    without_unused,
)
from .graph_writer import GraphWriter
from .stored_tables import SINGLE, rows_of, steps_of, together

ROWS, STEPS, TIED = "/:rows", "/:steps", "/:tied"
"""In the names of rewritten tables, and of what reads those of one column and those that dense
layers multiply with. A layer of the user's may be called `tied`, and none has a colon."""
_SMALLEST = 1024
"Numbers of a table; a smaller one saves nothing, as in the converter's int8."


def look_tables_up(model: bytes) -> bytes:
    """Return a model that reads its tables by `EMBEDDING_LOOKUP`, and computes the same.

    To the last bit, but for tables of one column, whose numbers are divided by scales. A table that
    dense layers multiply with, as tied embeddings do, keeps its rows; one that something else reads
    too is left alone, as is a model without tables.

    Args:
        model: A LiteRT model of float32.
    """
    tables, changed = read_tables(model), False
    stored: dict[int, int] = {}
    readers = _readers(tables)
    for graph in tables.subgraphs:
        writer = GraphWriter(tables, graph)
        for operator in graph.operators:
            numbers = _table_of(tables, graph, operator, readers)
            if numbers is None:
                writer.operators.append(operator)
                continue
            tied = bool(readers[graph.tensors[operator.inputs[0]].buffer])
            _LookUp(writer, graph, operator).write(numbers, stored, tied)
            changed = True
        graph.operators = writer.operators
    return pack_tables(without_unused(tables)) if changed else model


def _readers(tables: Any) -> dict[int, set[str]]:
    """Return which other operators read each buffer than those that look vectors up."""
    readers: dict[int, set[str]] = defaultdict(set)
    for graph in tables.subgraphs:
        for operator in graph.operators:
            name = operator_name(tables, operator)
            for at, place in enumerate(operator.inputs):
                if place >= 0 and (name, at) != ("GATHER", 0):
                    readers[graph.tensors[place].buffer].add(f"{name} {at}")
    return readers


def _table_of(
    tables: Any, graph: Any, operator: Any, readers: dict[int, set[str]]
) -> np.ndarray | None:
    """Return the table that an operator looks vectors up in, if it does, and may be stored so."""
    if operator_name(tables, operator) != "GATHER":
        return None
    from tensorflow.lite.python import schema_py_generated as schema

    table, ids = (graph.tensors[place] for place in operator.inputs[:2])
    options = operator.builtinOptions
    plain = options is None or not (options.axis or options.batchDims)
    plain = plain and ids.type == schema.TensorType.INT32 and len(sizes_of(ids)) > 0
    if not plain or readers[table.buffer] - {"FULLY_CONNECTED 1"} or len(sizes_of(table)) != 2:
        return None
    numbers = constant_of(tables, table)
    return None if numbers is None or numbers.size < _SMALLEST else numbers


class _LookUp:
    """What takes the place of one `GATHER`."""

    def __init__(self, writer: GraphWriter, graph: Any, gather: Any) -> None:
        self._writer, self._graph = writer, graph
        self._given, self._ids = (int(place) for place in gather.inputs[:2])
        self._output = int(gather.outputs[0])
        table = graph.tensors[self._given]
        self._buffer = table.buffer
        self._name = table.name.decode().removesuffix("/GatherV2/ReadVariableOp")
        flat = self._integers([-1])
        self._flat = writer.compute("RESHAPE", [self._ids, flat], [-1])

    def write(self, numbers: np.ndarray, stored: dict[int, int], tied: bool) -> None:
        """Write the operators.

        Args:
            numbers: The table.
            stored: Buffers of tables as they are stored, by the buffers of the tables; gets this.
            tied: Whether dense layers multiply with it.
        """
        width = numbers.shape[1]
        if tied:
            found = self._look_up(self._flat, self._given, width, TIED)
        elif width == 1:
            found = self._single(numbers[:, 0], stored)
        else:
            found = self._vectors(numbers, stored)
        self._shape(found, width)

    def _vectors(self, numbers: np.ndarray, stored: dict[int, int]) -> int:
        """Read a table stored in rows of whole blocks."""
        rows, width = rows_of(numbers), numbers.shape[1]
        count = together(width)
        table, filled = self._table(rows, stored), rows.shape[1] > count * width
        row = self._flat if count == 1 else self._divide("FLOOR_DIV", count)
        found = self._look_up(row, table, rows.shape[1])
        if filled:
            ends = [self._integers([0, 0]), self._integers([-1, count * width])]
            found = self._writer.compute("SLICE", [found, *ends], [-1, count * width])
        if count > 1:
            shape = [-1, count, width]
            found = self._writer.compute("RESHAPE", [found, self._integers(shape)], shape)
            found = self._pick(found, self._divide("FLOOR_MOD", count), [-1, width])
        return found

    def _single(self, numbers: np.ndarray, stored: dict[int, int]) -> int:
        """Read a table of one column, with a scale for many rows."""
        steps, scales = steps_of(numbers)
        count = steps.shape[1]
        table = self._table(steps, stored)
        found = self._look_up(self._divide("FLOOR_DIV", count), table, count, STEPS)
        found = self._pick(found, self._divide("FLOOR_MOD", count), [-1])
        half = self._writer.add_constant(f"{self._name}/scales", scales)
        scale = self._writer.compute("DEQUANTIZE", [half], scales.shape, dtype="float32")
        block = self._divide("FLOOR_DIV", SINGLE)
        scale = self._writer.compute("GATHER", [scale, block], [-1], axis=0, batchDims=0)
        return self._writer.compute("MUL", [found, scale], [-1], fusedActivationFunction=0)

    def _table(self, rows: np.ndarray, stored: dict[int, int]) -> int:
        """Return the place of a table as it is stored, once in all graphs."""
        buffer = stored.get(self._buffer)
        if buffer is None:
            place = self._writer.add_constant(f"{self._name}{ROWS}", rows)
            stored[self._buffer] = self._graph.tensors[place].buffer
            return place
        for place, tensor in enumerate(self._graph.tensors):
            if tensor.buffer == buffer:
                return place
        place = self._writer.add_tensor(f"{self._name}{ROWS}", "float32", rows.shape)
        self._graph.tensors[place].buffer = buffer
        return place

    def _look_up(self, row: int, table: int, width: int, kind: str = "") -> int:
        name = f"{self._name}{kind}"
        return self._writer.compute(
            "EMBEDDING_LOOKUP", [row, table], [-1, width], name=name, dtype="float32"
        )

    def _divide(self, operator: str, by: int) -> int:
        return self._writer.compute(operator, [self._flat, self._integers(by)], [-1])

    def _pick(self, found: int, which: int, shape: list[int]) -> int:
        """Choose one of the vectors or numbers of each row."""
        return self._writer.compute("GATHER", [found, which], shape, axis=1, batchDims=1)

    def _shape(self, found: int, width: int) -> None:
        """Give the vectors the shape of the ids."""
        sizes = sizes_of(self._graph.tensors[self._ids])
        if sizes.count(-1) <= 1:
            shape = self._integers([*sizes, width])
        else:
            front = self._writer.compute("SHAPE", [self._ids], [len(sizes)], outType=2)
            parts = [front, self._integers([width])]
            shape = self._writer.compute("CONCATENATION", parts, [len(sizes) + 1], axis=0)
        self._writer.add_operator("RESHAPE", [found, shape], self._output)

    def _integers(self, values: int | list[int]) -> int:
        return self._writer.add_constant("integers", np.array(values, "int32"))
