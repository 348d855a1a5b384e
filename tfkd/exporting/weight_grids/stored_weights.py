"""The weights that a LiteRT file stores in integers."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..block_scales import is_blockwise
from ..flatbuffer_tables import read_tables
from ..table_lookups import ROWS

_BITS = {"INT8": 8, "INT4": 4, "INT2": 2}


@dataclass(frozen=True)
class StoredWeights:
    """A constant of a file that is integers times scales.

    Attributes:
        shape: Of the constant.
        numbers: The integers, in the shape `split`.
        scales: As many axes as `split`, 1 along those that have a scale in common.
        bits: Of an integer.
        in_blocks: Whether a scale is one of a block, and so has few digits.
    """

    shape: tuple[int, ...]
    numbers: np.ndarray
    scales: np.ndarray
    bits: int
    in_blocks: bool

    @property
    def split(self) -> tuple[int, ...]:
        """The shape in which blocks have an axis of their own."""
        return self.numbers.shape

    @property
    def axes(self) -> tuple[int, ...]:
        """The axes of `split` along which numbers have a scale in common."""
        if self.scales.size == 1:
            return tuple(range(self.numbers.ndim))
        sizes = zip(self.scales.shape, self.split, strict=True)
        return tuple(axis for axis, (one, _) in enumerate(sizes) if one == 1)

    @property
    def values(self) -> np.ndarray:
        """What the integers stand for, in the shape `split`."""
        return self.numbers * self.scales


def read_stored_weights(model: bytes) -> list[StoredWeights]:
    """Return all weights that a model stores in integers around zero, each once.

    Args:
        model: A LiteRT model.
    """
    tables = read_tables(model)
    found = {}
    for graph in tables.subgraphs:
        for tensor, bits in _integers(tables, graph):
            if tensor.buffer not in found:
                found[tensor.buffer] = _stored(tables, graph, tensor, bits)
    return list(found.values())


def _integers(tables: Any, graph: Any) -> Iterator[tuple[Any, int]]:
    """Yield the constants with scales and without other zero points than 0, and their bits."""
    from tensorflow.lite.python import schema_py_generated as schema

    bits = {getattr(schema.TensorType, name, None): size for name, size in _BITS.items()}
    for tensor in graph.tensors:
        data, quantised = tables.buffers[tensor.buffer].data, tensor.quantization
        if tensor.type not in bits or quantised is None or data is None or not len(data):
            continue
        zeros = quantised.zeroPoint
        scaled = quantised.scale is not None and len(quantised.scale) > 0
        # Rewritten tables have scales of blocks; but for those of one column, whose scales are
        # multiplied behind the look-up.
        scaled = scaled and ROWS.encode() not in tensor.name
        if is_blockwise(tensor) or (scaled and (zeros is None or not np.any(zeros))):
            yield tensor, bits[tensor.type]


def _stored(tables: Any, graph: Any, tensor: Any, bits: int) -> StoredWeights:
    shape = tuple(int(size) for size in tensor.shape)
    numbers = _unpacked(np.array(tables.buffers[tensor.buffer].data, "uint8"), bits)
    numbers = numbers[: math.prod(shape)]
    in_blocks, quantised = is_blockwise(tensor), tensor.quantization
    split = shape
    if in_blocks:
        size = quantised.details.blockSize
        split = (shape[0], shape[1] // size, size)
        held = tables.buffers[graph.tensors[quantised.details.scales].buffer].data
        scales = np.array(held, "uint8").view("float16").astype("float32").reshape(*split[:2], 1)
    else:
        scales = np.asarray(quantised.scale, "float32")
        along = [1] * len(shape)
        if scales.size > 1:
            along[quantised.quantizedDimension] = scales.size
        scales = scales.reshape(along)
    return StoredWeights(shape, numbers.reshape(split), scales, bits, in_blocks)


def _unpacked(data: np.ndarray, bits: int) -> np.ndarray:
    """Return one integer for each of those that share a byte, the lowest bits first."""
    parts = [data << (8 - bits - at) for at in range(0, 8, bits)]
    return np.stack([part.view("int8") >> (8 - bits) for part in parts], axis=-1).ravel()
