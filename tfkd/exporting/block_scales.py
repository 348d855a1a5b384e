"""Dense layers of 4 bits with a scale for each block of inputs: what has none, and empty blocks."""

from __future__ import annotations

from typing import Any

import numpy as np

from .flatbuffer_tables import operator_name, pack_tables, read_tables

BLOCKWISE = 2
"The number of this way to quantise in LiteRT's schema."
_READ_ROWS = ("FULLY_CONNECTED", "EMBEDDING_LOOKUP")
"What reads weights with blocks, as their second input."
_LEAST = 2.0**-14
"A scale for blocks of zeros: LiteRT refuses a scale of 0."


def undivided(model: bytes, block: int) -> list[tuple[str, str]]:
    """Return what multiplies with rows that are no whole number of blocks, and what it computes.

    Args:
        model: A LiteRT model of float32.
        block: Numbers of a block.

    Returns:
        The names of operators and of their outputs.
    """
    tables = read_tables(model)
    return [
        (name, graph.tensors[operator.outputs[0]].name.decode())
        for graph in tables.subgraphs
        for operator in graph.operators
        if (name := operator_name(tables, operator)) in _READ_ROWS
        and int(graph.tensors[operator.inputs[1]].shape[-1]) % block
    ]


def without_zero_scales(model: bytes) -> bytes:
    """Return a model whose blocks of zeros have a scale that LiteRT takes.

    Args:
        model: A LiteRT model; one without such blocks is returned as it is.
    """
    tables, changed = read_tables(model), False
    for graph in tables.subgraphs:
        for tensor in graph.tensors:
            if is_blockwise(tensor):
                changed |= _fill(tables, graph, tensor)
    return pack_tables(tables) if changed else model


def is_blockwise(tensor: Any) -> bool:
    """Return whether a tensor has a scale for each block of a row.

    Args:
        tensor: As an object of the schema.
    """
    return tensor.quantization is not None and tensor.quantization.detailsType == BLOCKWISE


def _fill(tables: Any, graph: Any, tensor: Any) -> bool:
    """Give the empty blocks of a tensor a scale, and return whether there are any."""
    details = tensor.quantization.details
    buffer = tables.buffers[graph.tensors[details.scales].buffer]
    scales = np.asarray(buffer.data, "uint8").view("float16").copy()
    # Also what was too small for 16 bits: the quantizer divided by it.
    empty = ~(np.isfinite(scales) & (scales > 0))
    if not empty.any():
        return False
    scales[empty] = _LEAST
    buffer.data = scales.view("uint8")
    numbers = tables.buffers[tensor.buffer]
    # Two numbers a byte.
    blocks = np.array(numbers.data, "uint8").reshape(-1, details.blockSize // 2)
    blocks[empty] = 0
    numbers.data = blocks.ravel()
    return True
