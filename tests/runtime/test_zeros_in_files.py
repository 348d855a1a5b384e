"""The share of zeros among the weights of a `.tflite`, of every way to store one."""

import numpy as np
import pytest
from tensorflow.lite.python import schema_py_generated as schema

from tfkd.exporting.flatbuffer_tables import pack_tables
from tfkd.runtime.checks.flatbuffer import UnsoundModel
from tfkd.runtime.zeros_in_files import share_of_zeros_in_file

TYPES = schema.TensorType


def tensor(kind, shape, buffer, points=(), along=0):
    found = schema.TensorT()
    found.type, found.shape, found.buffer = kind, list(shape), buffer
    if points:
        found.quantization = schema.QuantizationParametersT()
        found.quantization.scale = [0.5] * len(points)
        found.quantization.zeroPoint = list(points)
        found.quantization.quantizedDimension = along
    return found


def file_of(folder, tensors, buffers):
    model, graph = schema.ModelT(), schema.SubGraphT()
    model.subgraphs, graph.tensors = [graph], tensors
    model.buffers = []
    for content in buffers:
        buffer = schema.BufferT()
        buffer.data = None if content is None else np.frombuffer(content, "uint8")
        model.buffers.append(buffer)
    path = folder / "model.tflite"
    path.write_bytes(pack_tables(model) + b"a tail")
    return path


def floats(dtype):
    return np.array([0.0, -0.0, 1.5, 2.0], dtype).tobytes()


@pytest.mark.parametrize(
    ("weight", "content", "share"),
    [
        (tensor(TYPES.FLOAT32, (4,), 1), floats("<f4"), 1 / 2),
        (tensor(TYPES.FLOAT16, (4,), 1), floats("<f2"), 1 / 2),
        (tensor(TYPES.INT8, (4,), 1, [0]), np.int8([0, 1, -1, 2]).tobytes(), 1 / 4),
        # Zero is the zero point: 3 in the first column, -1 in the second.
        (tensor(TYPES.INT8, (2, 2), 1, [3, -1], 1), np.int8([3, 3, 0, -1]).tobytes(), 1 / 2),
        (tensor(TYPES.INT4, (3,), 1, [0]), bytes([0x0F, 0x00]), 2 / 3),
        (tensor(TYPES.INT4, (2,), 1, [-1]), bytes([0x0F]), 1 / 2),
        # Shapes, and bytes that are no quantised weight.
        (tensor(TYPES.INT32, (2,), 1), np.int32([0, 0]).tobytes(), 0),
        (tensor(TYPES.INT8, (2,), 1), bytes(2), 0),
    ],
)
def test_zeros_as_each_type_stores_them(tmp_path, weight, content, share):
    # A tensor without numbers in the file, and a second one with the same numbers.
    path = file_of(tmp_path, [tensor(TYPES.FLOAT32, (9,), 0), weight, weight], [None, content])
    assert share_of_zeros_in_file(path) == pytest.approx(share)


def test_blocks_of_4_bits_count_and_their_scales_do_not(tmp_path):
    """A file of int4, whose tables are most of it."""
    weight = tensor(TYPES.INT4, (2, 32), 1)
    weight.quantization = schema.QuantizationParametersT()
    weight.quantization.detailsType = schema.QuantizationDetails.BlockwiseQuantization
    weight.quantization.details = schema.BlockwiseQuantizationT()
    weight.quantization.details.scales, weight.quantization.details.blockSize = 1, 32
    scales = tensor(TYPES.FLOAT16, (2, 1), 2)
    content = bytes([0x10] * 24 + [0x21] * 8)
    path = file_of(tmp_path, [weight, scales], [None, content, np.array([1, 2], "<f2").tobytes()])
    assert share_of_zeros_in_file(path) == pytest.approx(24 / 64)


def test_what_is_no_model_is_refused(tmp_path):
    path = tmp_path / "model.tflite"
    path.write_bytes(b"not at all, and long enough")
    with pytest.raises(UnsoundModel):
        share_of_zeros_in_file(path)
