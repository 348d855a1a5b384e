"""The compression `grid`: its specs, what it refuses, and models on the grid."""

import keras
import numpy as np
import pytest
import tf_keras
from grid_training import X, student

from tfkd import UserError
from tfkd.compression import Evidence, parse
from tfkd.compression.grid import _grid
from tfkd.exporting import integer_quantisation
from tfkd.exporting.weight_grids import find_grids, probing
from tfkd.runtime.quantisations import INT4, INT8


def dense(units):
    return keras.Sequential([keras.Input((units,)), keras.layers.Dense(units)])


def column(ids):
    layers = [keras.layers.Embedding(ids, 1), keras.layers.GlobalMaxPooling1D()]
    return keras.Sequential([keras.Input((4,), dtype="int32"), *layers])


@pytest.mark.parametrize("text", ["", "int2", "0.4", "int4,block=32", "float16", "int4-64"])
def test_another_grid_is_refused(text):
    with pytest.raises(UserError, match="there is no such grid: write grid:int8"):
        parse(f"grid:{text}")


@pytest.mark.parametrize(
    ("spec", "make", "words"),
    [
        ("int8", lambda: dense(8), "stores no weights in integers as .* layers are too small"),
        ("int4", lambda: column(1600), "are tables of one column, which 8 bits alone keep"),
        ("int8", lambda: tf_keras.Sequential([tf_keras.layers.Dense(2)]), "of Keras 3, and this"),
        ("int8", lambda: keras.Sequential([keras.layers.Dense(2)]), "does not say its inputs"),
    ],
)
def test_a_model_without_a_grid_is_refused(spec, make, words):
    with pytest.raises(UserError, match=words):
        parse(f"grid:{spec}").check(make())


def test_a_student_that_writes_is_refused_in_4_bits(monkeypatch):
    monkeypatch.setattr(_grid, "find_graphs", lambda model: object())
    with pytest.raises(UserError, match=r"writes, .* write grid:int8"):
        parse("grid:int4").check(dense(32))
    parse("grid:int8").check(dense(32))


def test_without_the_quantizer_its_extra_is_told(monkeypatch):
    monkeypatch.setattr(integer_quantisation, "is_available", lambda: False)
    with pytest.raises(UserError, match=r"pip install \"tfkd\[quantizer\]\""):
        parse("grid:int4").check(dense(32))
    parse("grid:int8").check(dense(32))


def test_a_rounded_model_is_another_one_and_near_in_8_bits():
    """The given model is as it was; with 8 bits the copy computes nearly the same."""
    model = student()
    before = model.get_weights()
    rounded = parse("grid:int8").apply(model, Evidence(list))
    for one, two in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)
    scale = np.abs(model(X).numpy()).max()
    np.testing.assert_allclose(rounded(X), model(X), rtol=0, atol=0.02 * scale)
    assert not np.array_equal(rounded.get_weights()[0], before[0])


def test_what_a_file_stores_in_float_is_left_exact():
    """32 bits are the weights themselves."""
    model = student()
    rounded = parse("grid:int8").apply(model, Evidence(list))
    stored = {variable.path for variable, _ in find_grids(model, INT8)}
    assert {"table/embeddings", "inner/kernel", "attention/query/kernel"} <= stored
    for one, two in zip(model.variables, rounded.variables, strict=True):
        if one.path not in stored:
            np.testing.assert_array_equal(one, two)


def test_the_grid_does_not_depend_on_the_weights():
    """Zeros look alike, and a table of them like any other one."""
    model = student()
    wanted = [(variable.path, grid) for variable, grid in find_grids(model, INT4)]
    for variable in model.variables:
        variable.assign(variable * 0)
    assert [(variable.path, grid) for variable, grid in find_grids(model, INT4)] == wanted


def test_a_model_is_converted_once(monkeypatch):
    """By what asks first, and not again for a copy, its rule and its end."""
    converted, convert = [], probing.flatbuffer
    monkeypatch.setattr(probing, "_FOUND", {})
    monkeypatch.setattr(
        probing, "flatbuffer", lambda *given: converted.append(1) or convert(*given)
    )
    grid, model = parse("grid:int8"), dense(40)
    grid.check(model)
    rounded = grid.apply(model, Evidence(list))
    assert len(grid.rule(rounded, 1).variables) == 1
    grid.finish(rounded)
    assert len(converted) == 1
    # Of another structure, or in another kind of file.
    grid.check(dense(41))
    parse("grid:int4").check(model)
    assert len(converted) == 3
