"""Integer kinds of models of numbers and images, and files that stayed float32."""

import json

import numpy as np
import pytest

keras = pytest.importorskip("keras")
from keras import layers

from tfkd.exporting import export
from tfkd.runtime.interpreter import LiteRT
from tfkd.runtime.zip_tail import unpack
from tfkd.text import learn

RNG = np.random.default_rng(0)
ROWS = 150


def dense():
    model = keras.Sequential(
        [keras.Input((6,), name="x"), layers.Dense(48, "relu"), layers.Dense(3)]
    )
    return model, {"x": RNG.normal(size=(ROWS, 6)).astype("float32")}


def images():
    shape = [layers.Conv2D(8, 3, activation="relu"), layers.MaxPooling2D(), layers.Flatten()]
    model = keras.Sequential([keras.Input((10, 10, 2), name="x"), *shape, layers.Dense(3)])
    return model, {"x": RNG.uniform(size=(ROWS, 10, 10, 2)).astype("float32")}


def signal():
    x = keras.Input((20, 3), name="x")
    y = layers.GlobalMaxPooling1D()(layers.Conv1D(16, 5, activation="relu")(x))
    return keras.Model(x, layers.Dense(3)(y)), {
        "x": RNG.normal(size=(ROWS, 20, 3)).astype("float32")
    }


def several():
    x, y = keras.Input((4,), name="x"), keras.Input((5,), name="y")
    hidden = layers.Dense(32, "relu")(layers.Concatenate()([x, y]))
    rows = {"x": RNG.normal(size=(ROWS, 4)), "y": RNG.normal(size=(ROWS, 5))}
    return keras.Model([x, y], layers.Dense(3)(hidden)), rows


def mixed():
    ids, x = keras.Input((None,), dtype="int32", name="ids"), keras.Input((4,), name="x")
    y = layers.GlobalAveragePooling1D()(layers.Embedding(30, 16)(ids))
    rows = {"ids": RNG.integers(0, 30, (ROWS, 7)), "x": RNG.normal(size=(ROWS, 4))}
    joined = layers.Concatenate()([y, x])
    return keras.Model({"ids": ids, "x": x}, layers.Dense(3)(joined)), rows


@pytest.fixture(autouse=True)
def quantizer():
    pytest.importorskip("ai_edge_quantizer", reason="needs ai-edge-quantizer (extra quantizer)")


@pytest.mark.slow_but_one
@pytest.mark.parametrize("build", [dense, images, signal, several, mixed])
@pytest.mark.parametrize("kind", ["full-int8", "int16x8"])
def test_numbers_go_in_as_they_are(build, kind, tmp_path):
    """'Cannot set tensor: Got value of type FLOAT32 but expected type INT8'."""
    keras.utils.set_random_seed(0)
    model, rows = build()
    path = tmp_path / "a.tflite"
    # Random weights decide by little, which the share of equal classes would show.
    made = export(model, path, quantize=kind, check=rows, calibration=rows)
    assert made.quantize == kind
    file = LiteRT(path)
    assert {name: dtype for name, (_, dtype) in file.inputs.items()} == {
        name: np.int32 if name == "ids" else np.float32 for name in rows
    }
    stored = {detail["dtype"] for detail in file._interpreter.get_tensor_details()}
    assert (np.int8 if kind == "full-int8" else np.int16) in stored


def test_auto_considers_them(tmp_path):
    """It ended at float16 without a word."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((6,)), layers.Dense(900, "relu"), layers.Dense(3)])
    rows = RNG.normal(size=(ROWS, 6)).astype("float32")
    made = export(
        model, tmp_path / "a.tflite", quantize="auto", check=rows, calibration=rows, max_drop=5.0
    )
    assert made.quantize in ("full-int8", "int4", "int4-32", "int16x8")


def test_what_stayed_float32_says_so(tmp_path):
    """A README that promised int8 and wrote the same bytes."""
    model, rows = dense()
    plain = export(model, tmp_path / "a.tflite", check=rows)
    made = export(model, tmp_path / "b.tflite", quantize="int8", check=rows)
    assert (made.bytes, made.quantize) == (plain.bytes, "float32")
    assert "1,024 weights or more, and the largest here has 288" in made.note
    assert plain.note == ""
    large = keras.Sequential([keras.Input((6,)), layers.Dense(200, "relu"), layers.Dense(3)])
    made = export(large, tmp_path / "c.tflite", quantize="int8", check=rows["x"])
    assert (made.quantize, made.note) == ("int8", "")
    made = export(model, tmp_path / "d.tflite", quantize="float16", check=rows)
    assert (made.quantize, made.note) == ("float16", "")


@pytest.mark.parametrize(("rows", "stored"), [(40, "float32"), (200, "int8")])
def test_the_settings_inside_say_what_is_stored(rows, stored, tmp_path):
    texts = ["a good film", "a bad film", "far from dull"] * 10
    encoder = learn(texts, vocab_size=40, max_length=16)
    ids = keras.Input((None,), dtype="int32", name="input_ids")
    pooled = layers.GlobalAveragePooling1D()(layers.Embedding(rows, 8)(ids))
    student = keras.Model(ids, layers.Dense(2)(pooled))
    made = export(student, tmp_path / "a.tflite", quantize="int8", encoder=encoder)
    settings = json.loads(unpack((tmp_path / "a.tflite").read_bytes())["tfkd.json"])
    assert (made.quantize, settings["quantize"]) == (stored, stored)
