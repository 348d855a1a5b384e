"""Whether a `.tflite` file can be given to the interpreter, whose C++ believes what it reads.

LiteRT checks a good deal itself. The rules here are those whose breach ended its process, when
files were damaged at random (`tests/runtime/fuzz.py`), and bounds of memory.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from mmap import mmap

from .calls import check_calls
from .flatbuffer import UnsoundModel
from .graph import Graph, LiteModel, Operator, Signature, Tensor, read_model

LARGEST = 2**31
"Bytes of one tensor."
# By type, the bits of one number. Strings, resources and what LiteRT has only lately are absent.
BITS = {0: 32, 1: 16, 2: 32, 3: 8, 4: 64, 6: 8, 7: 16, 8: 64, 9: 8, 10: 64, 11: 128, 12: 64}
BITS |= {15: 32, 16: 16, 17: 4, 18: 16}
# Custom and delegated ones, hash tables, variables, calls, and StableHLO: no export has them.
REFUSED = {10, 15, 29, 30, 31, 32, 33, 51, 127, 129, 136, 137, 138, 139, 142, 143, 144}
# BROADCAST_ARGS ends the process where the shapes that it is given disagree.
REFUSED |= {145}
NEWEST = 161
_BLOCK, _FLOAT16 = 32, 1
"LiteRT reads blocks of 32, or of several times as many, with scales of this type."
# An input may be absent (-1) from this place on; elsewhere the interpreter would read no tensor.
OPTIONAL = {3: 2, 4: 2, 9: 2, 16: 1, 27: 2, 44: 1, 46: 1, 52: 1, 67: 2, 132: 2, 141: 2}

# Operators of which LiteRT's delegate reads so many inputs before anything counts them.
_LEAST: dict[int, tuple[int, ...]] = {}
_LEAST[2] = (0, 3, 4, 7, 9, 18, 23, 34, 36, 39, 40, 41, 42, 48, 49, 54, 55, 56, 57, 58, 61, 62, 63)
_LEAST[2] += (69, 70, 71, 72, 74, 78, 79, 81, 82, 84, 86, 89, 90, 91, 94, 95, 97, 99, 100, 105)
_LEAST[2] += (107, 112, 115, 125, 126, 128, 130, 131, 132, 140, 145, 149, 156, 160, 161)
_LEAST |= {3: (37, 38, 60, 64, 65, 67, 96, 102, 122, 123, 141, 151, 153, 154, 155, 157), 48: (52,)}
_LEAST |= {4: (45, 68, 85), 5: (16, 24, 27, 35, 120), 6: (121,), 12: (46,), 20: (44,)}
LEAST = {code: least for least, codes in _LEAST.items() for code in codes}


def check(content: bytes | mmap) -> None:
    """Let a model pass that the interpreter may have.

    Raises:
        UnsoundModel: The model is not sound; the message is half a sentence.
    """
    model = read_model(content)
    if not model.graphs:
        raise UnsoundModel("there is no graph in it")
    for graph in model.graphs:
        _check_graph(graph)
    for signature in model.signatures:
        _check_signature(signature, model)
    check_calls(model)


def _check_graph(graph: Graph) -> None:
    for tensor in graph.tensors:
        _check_tensor(tensor)
        _check_blocks(tensor, graph)
    _check_places([*graph.inputs, *graph.outputs], graph)
    # What is without a number needs no one to write it.
    ready = {i for i, tensor in enumerate(graph.tensors) if _is_there(tensor)} | set(graph.inputs)
    written = {i for i, tensor in enumerate(graph.tensors) if tensor.constant or tensor.variable}
    if written & set(graph.inputs):
        raise UnsoundModel("an input is a constant")
    written |= set(graph.inputs)
    for operator in graph.operators:
        _check_operator(operator, graph, ready)
        if written & set(operator.outputs) or len(set(operator.outputs)) < len(operator.outputs):
            raise UnsoundModel("an operator writes what another one did")
        written |= set(operator.outputs)
        ready |= set(operator.outputs)
    if not ready >= set(graph.outputs):
        raise UnsoundModel("an output is never written")


def _is_there(tensor: Tensor) -> bool:
    return bool(tensor.constant) or tensor.variable or 0 in tensor.sizes


def _check_tensor(tensor: Tensor) -> None:
    if tensor.kind not in BITS:
        raise UnsoundModel(f"a tensor is of type {tensor.kind}, which no classifier has")
    if min(tensor.sizes, default=0) < 0 or min(tensor.shape, default=0) < -1:
        raise UnsoundModel("a tensor has a negative size")
    size = -(-math.prod(tensor.sizes) * BITS[tensor.kind] // 8)
    if max(size, _freely(tensor)) > LARGEST:
        raise UnsoundModel(f"a tensor of {size:,} bytes is in it")
    if tensor.constant and size != tensor.constant:
        raise UnsoundModel("a constant has more or fewer numbers than its shape")
    # Refuse scales unless there are none, one, or one a row of the quantised dimension.
    scales, zeros, along = tensor.scales
    if scales and scales != zeros:
        raise UnsoundModel("a tensor has another number of scales than of zero points")
    if scales > 1 and (along >= len(tensor.sizes) or along < 0 or tensor.sizes[along] != scales):
        raise UnsoundModel("a tensor has another number of scales than of rows")


def _check_blocks(tensor: Tensor, graph: Graph) -> None:
    """Refuse blocks unless they divide the rows of a matrix, each with one scale of 16 bits."""
    if tensor.blocks is None:
        return
    scales, size = tensor.blocks
    _check_places([scales], graph)
    rows = tensor.sizes
    if len(rows) != 2 or tensor.scales[0] or size < 1 or size % _BLOCK or rows[1] % size:
        raise UnsoundModel("a tensor has blocks that do not divide its rows")
    wanted = (rows[0], rows[1] // size)
    held = graph.tensors[scales]
    if held.sizes != wanted or held.kind != _FLOAT16 or not held.constant:
        raise UnsoundModel("a tensor has another number of scales than of blocks")


def _freely(tensor: Tensor) -> int:
    return math.prod(max(size, 1) for size in tensor.shape) * BITS[tensor.kind] // 8


def _check_places(places: Iterable[int], graph: Graph) -> None:
    if not all(0 <= place < len(graph.tensors) for place in places):
        raise UnsoundModel("a tensor is named that is not there")


def _check_operator(operator: Operator, graph: Graph, ready: set[int]) -> None:
    code = operator.code
    if code in REFUSED or not 0 <= code <= NEWEST:
        raise UnsoundModel(f"operator {code} of its schema is none that an export has")
    if len(operator.inputs) < LEAST.get(code, 1):
        raise UnsoundModel(f"operator {code} of its schema has {len(operator.inputs)} inputs")
    first = OPTIONAL.get(code, len(operator.inputs))
    given = [place for i, place in enumerate(operator.inputs) if place != -1 or i < first]
    _check_places([*given, *operator.outputs], graph)
    _check_places([place for place in operator.intermediates if place != -1], graph)
    if not ready >= set(given):
        raise UnsoundModel("an operator reads what nothing has written")
    if not operator.outputs or operator.parts not in (None, len(operator.outputs)):
        raise UnsoundModel("an operator has another number of outputs than it says")


def _check_signature(signature: Signature, model: LiteModel) -> None:
    if signature.graph >= len(model.graphs):
        raise UnsoundModel("its signature names a graph that is not there")
    graph = model.graphs[signature.graph]
    for named, there in ((signature.inputs, graph.inputs), (signature.outputs, graph.outputs)):
        if not named or not set(there) >= {place for _, place in named}:
            raise UnsoundModel("its signature names other tensors than those of the graph")
