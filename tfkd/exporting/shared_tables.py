"""Store a table that reads tokens and writes them, as tied embeddings are, once in a LiteRT file.

In float32 and float16 the converter does so itself. In 8 bits it writes the table twice: with one
scale for what is looked up, and with a scale a row where vectors are multiplied with it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .flatbuffer_tables import pack_tables, read_tables, tensors_of_operators, without_unused

_NEAR = 1.5
"Steps of the scale by which two readings of the same numbers may differ, each rounded by half one."


def store_tables_once(model: bytes) -> bytes:
    """Return a model whose products with a table read the one that it looks tokens up in.

    Both have one scale then. A model without such tables is returned as it is.

    Args:
        model: A LiteRT model with weights of 8 bits.
    """
    tables = read_tables(model)
    looked_up = [
        tensor for tensor in tensors_of_operators(tables, "GATHER", place=0) if _is_int8(tensor)
    ]
    merged = False
    for weights in tensors_of_operators(tables, "FULLY_CONNECTED", place=1):
        for table in looked_up:
            if table.buffer != weights.buffer and _hold_the_same(tables, table, weights):
                weights.buffer, weights.quantization = table.buffer, table.quantization
                merged = True
    return pack_tables(without_unused(tables)) if merged else model


def _is_int8(tensor: Any) -> bool:
    from tensorflow.lite.python import schema_py_generated as schema

    scales = None if tensor.quantization is None else tensor.quantization.scale
    return tensor.type == schema.TensorType.INT8 and scales is not None and len(scales) > 0


def _hold_the_same(tables: Any, table: Any, weights: Any) -> bool:
    """Return whether two constants are the same numbers, but for how each was rounded."""
    if not _is_int8(weights) or len(table.shape) != 2 or list(table.shape) != list(weights.shape):
        return False
    one, other = (_numbers(tables, tensor) for tensor in (table, weights))
    if one is None or other is None or len(table.quantization.scale) > 1:
        return False
    return bool(np.abs(one - other).max() <= _NEAR * table.quantization.scale[0])


def _numbers(tables: Any, tensor: Any) -> np.ndarray | None:
    data = tables.buffers[tensor.buffer].data
    if data is None or not len(data):
        return None
    stored = np.frombuffer(np.asarray(data, "uint8").tobytes(), "int8").reshape(tensor.shape)
    scales = np.asarray(tensor.quantization.scale, "float32")
    if len(scales) > 1 and tensor.quantization.quantizedDimension:
        return None
    return stored.astype("float32") * scales[:, None]
