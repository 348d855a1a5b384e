"""Dense layers of 4 bits with a scale for each block of inputs: what divides, and empty blocks."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import UserError
from ..runtime.quantisations import Quantization
from .flatbuffer_tables import pack_tables, read_tables, tensors_of_operators

BLOCKWISE = 2
"The number of this way to quantise in LiteRT's schema."
_LEAST = 2.0**-14
"A scale for blocks of zeros: LiteRT refuses a scale of 0."


def check_divides(model: bytes, kind: Quantization) -> None:
    """Refuse a model with a dense layer whose inputs are no whole number of blocks.

    Args:
        model: A LiteRT model of float32.
        kind: One with blocks.

    Raises:
        UserError: It has such a layer.
    """
    tables = read_tables(model)
    for tensor in tensors_of_operators(tables, "FULLY_CONNECTED", place=1):
        inputs = int(tensor.shape[-1])
        data = tables.buffers[tensor.buffer].data
        if inputs % kind.block and data is not None and len(data):
            raise UserError(
                f"{kind.name} has a scale for each {kind.block} inputs of a dense layer, and the "
                f"layer of {tensor.name.decode()!r} has {inputs}: write int4, or make its inputs a "
                f"multiple of {kind.block}."
            )


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
