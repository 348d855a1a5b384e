"""Files with a scale for each block of 32 inputs, and the quantizer that writes them."""

import sys
from types import ModuleType

import numpy as np
import pytest

keras = pytest.importorskip("keras")
pytest.importorskip("ai_edge_quantizer")

from tfkd.exporting import convert, export, quantizer_package
from tfkd.exporting.block_scales import is_blockwise, without_zero_scales
from tfkd.exporting.calling import signature_of
from tfkd.exporting.flatbuffer_tables import pack_tables, read_tables
from tfkd.exporting.weight_grids.stored_weights import read_stored_weights
from tfkd.runtime.checks.flatbuffer import UnsoundModel
from tfkd.runtime.checks.soundness import check
from tfkd.runtime.interpreter import LiteRT
from tfkd.runtime.quantisations import INT4, INT4_32

X = np.random.default_rng(0).normal(size=(120, 64)).astype("float32")


def dense(inputs=64):
    keras.utils.set_random_seed(0)
    x = keras.Input((inputs,), name="x")
    model = keras.Model(x, keras.layers.Dense(4)(keras.layers.Dense(96, "relu")(x)))
    kernel = model.layers[1].kernel
    # An empty block.
    kernel.assign(np.where(np.arange(inputs)[:, None] >= 32, 0.0, kernel.numpy()))
    return model


def blocks_of(model):
    return [tensor for tensor in read_tables(model).subgraphs[0].tensors if is_blockwise(tensor)]


def test_a_file_in_blocks_is_exported_and_runs(tmp_path):
    """Scales of 0, which LiteRT refuses, or a file that our own reader takes for damaged."""
    model = dense()
    path = tmp_path / "a.tflite"
    made = export(model, path, quantize="int4-32", check=X[:90], calibration=X, tolerance=0.3)
    assert made.quantize == "int4-32"
    assert len(blocks_of(path.read_bytes())) == 2


@pytest.fixture(scope="module")
def in_blocks():
    return convert.flatbuffer(signature_of(dense()), INT4_32, [{"x": X}])


def test_an_empty_block_stays_zero(in_blocks, tmp_path):
    """What the quantizer divides by 0 is any number."""
    path = tmp_path / "a.tflite"
    path.write_bytes(in_blocks)
    lower = np.where(np.arange(64) < 32, 0, X)
    answers = LiteRT(path)({"x": lower})["logits"]
    assert np.ptp(answers, axis=0).max() == 0


@pytest.mark.parametrize("change", [{"scales": 99}, {"blockSize": 24}, {"zeroPoints": 0}])
def test_blocks_that_would_lead_the_interpreter_astray_are_refused(change, in_blocks):
    tables = read_tables(in_blocks)
    for tensor in filter(is_blockwise, tables.subgraphs[0].tensors):
        for name, value in change.items():
            setattr(tensor.quantization.details, name, value)
    check(in_blocks)
    with pytest.raises(UnsoundModel):
        check(pack_tables(tables))


def test_a_model_without_blocks_is_left_alone():
    model = convert.flatbuffer(signature_of(dense()), INT4, [{"x": X}])
    assert blocks_of(model) == []
    assert without_zero_scales(model) == model


def test_a_layer_that_blocks_do_not_divide_has_a_scale_a_unit(tmp_path):
    """No file at all, of a student whose last layer has 16 inputs."""
    model, path = dense(48), tmp_path / "a.tflite"
    path.write_bytes(convert.flatbuffer(signature_of(model), INT4_32))
    stored = {each.shape: each.scales.shape for each in read_stored_weights(path.read_bytes())}
    assert stored == {(96, 48): (96, 1), (4, 96): (4, 3, 1)}
    wanted = model(X[:, :48]).numpy()
    answers = LiteRT(path)({"x": X[:, :48]})["logits"]
    assert np.abs(answers - wanted).max() < 0.2 * np.abs(wanted).max()


def test_the_quantizer_is_found_under_either_name(monkeypatch):
    inner = ModuleType("litert_quantizer.quantizer")
    monkeypatch.setitem(sys.modules, "litert_quantizer", ModuleType("litert_quantizer"))
    monkeypatch.setitem(sys.modules, inner.__name__, inner)
    monkeypatch.setattr(
        quantizer_package, "find_spec", lambda name: inner if "litert" in name else None
    )
    assert quantizer_package.quantizer_module("quantizer") is inner
    monkeypatch.setattr(quantizer_package, "find_spec", lambda name: None)
    assert not quantizer_package.is_available()
