"""How many of the weights in a `.tflite` file are zero. No interpreter and no TensorFlow here."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from .checks.flatbuffer import Buffer, FlatbufferTable

# By type of the schema, how a weight is stored: float32, float16, int16, int8, and int4 as bytes.
_STORED = {0: "<f4", 1: "<f2", 7: "<i2", 9: "i1", 17: "u1"}
_INT4 = 17
_FLOATS = (0, 1)
# By type of the schema, what a tensor says of its numbers in addition: scales of blocks.
_BLOCKWISE = 2


def share_of_zeros_in_file(path: Path) -> float:
    """Return the share of a LiteRT file's weights that are exactly zero, 0 to 1.

    Args:
        path: A `.tflite` file, whatever is behind the model in it. Of a quantised weight zero is
            what its zero point says. Shapes, axes, scales of blocks and quantised biases are no
            weights.

    Raises:
        UnsoundModel: It is no such file, or a damaged one.
    """
    content = path.read_bytes()
    root = Buffer(content).root()
    spans = [table.span(0) for table in root.tables(4)]
    zeros = total = 0
    seen: set[int] = set()
    for graph in root.tables(2):
        tensors = list(graph.tables(0))
        scales = {at for tensor in tensors if (at := _scales_of(tensor)) is not None}
        for number, tensor in enumerate(tensors):
            if number in scales:
                continue
            place = tensor.number(2, "I")
            if place in seen or place >= len(spans) or not spans[place][1]:
                continue
            numbers = _numbers(tensor, content, spans[place])
            if numbers is not None:
                seen.add(place)
                total += numbers.size
                zeros += numbers.size - int(np.count_nonzero(numbers))
    return zeros / max(total, 1)


def _scales_of(tensor: FlatbufferTable) -> int | None:
    """Return which tensor holds the scales of a weight's blocks, None of a weight without."""
    quantisation = tensor.table(4)
    if quantisation is None or quantisation.number(4, "B") != _BLOCKWISE:
        return None
    details = quantisation.table(5)
    return None if details is None else details.number(0)


def _numbers(tensor: FlatbufferTable, content: bytes, span: tuple[int, int]) -> np.ndarray | None:
    """Return a weight's numbers above their zero point, None of what is no weight."""
    kind, (at, count) = tensor.number(1, "b"), span
    if kind not in _STORED:
        return None
    dtype = np.dtype(_STORED[kind])
    stored = np.frombuffer(content, dtype, count // dtype.itemsize, at)
    if kind in _FLOATS:
        return stored
    quantisation = tensor.table(4)
    points = quantisation.numbers(3, "q") if quantisation is not None else ()
    if quantisation is None:
        return None
    # What has scales of blocks has no others, and zero is its zero point.
    if not quantisation.span(2, 4)[1] and _scales_of(tensor) is None:
        return None
    shape = tensor.numbers(0)
    if kind == _INT4:
        # Two to a byte, the lower half first, each with a sign.
        halves = np.stack([stored & 15, stored >> 4], axis=-1).reshape(-1)[: int(np.prod(shape))]
        stored = ((halves ^ 8).astype("i1") - 8).astype("i1")
    if not any(points):
        return stored
    if len(points) == 1:
        return stored - np.int32(points[0])
    along = [1] * len(shape)
    along[quantisation.number(6)] = -1
    return stored.reshape(shape) - np.asarray(points, "i4").reshape(along)
