"""Files for ONNX Runtime, which compute what the student does."""

import numpy as np
import pytest

keras = pytest.importorskip("keras")
import tensorflow as tf

from tfkd.errors import UserError
from tfkd.exporting import export, formats, onnx
from tfkd.runtime.bundle import read_encoder
from tfkd.students import build
from tfkd.text import learn
from tfkd.text.batching import pad

TEXTS = ["a good film", "a bad film, and not a good one", "a film " * 30, "no"]


@pytest.fixture(scope="module")
def encoder():
    return learn(TEXTS * 20, vocab_size=60, max_length=32)


@pytest.fixture
def runtime():
    """ONNX Runtime, where it and the converter are."""
    pytest.importorskip("tf2onnx", reason="needs tf2onnx, in the extra onnx")
    return pytest.importorskip("onnxruntime", reason="needs onnxruntime, in the extra onnx")


@pytest.mark.slow_but_one
@pytest.mark.parametrize("name", ["text_cnn", "transformer", "ngram_cnn"])
def test_onnx_runtime_gets_the_students_logits(name, encoder, runtime, tmp_path):
    """A batch or a length that was fixed, padding that counts, names that no client knows."""
    student = build(name, encoder.vocab_size, 3, "tiny", seed=1)
    path = tmp_path / "small.onnx"
    made = export(student, path, encoder=encoder, labels=["a", "b", "c"], check=TEXTS)
    assert (made.format, made.checked) == ("onnx", len(TEXTS))
    assert made.max_difference < 1e-4
    session = runtime.InferenceSession(str(path))
    assert [each.name for each in session.get_inputs()] == ["input_ids"]
    for texts in (TEXTS, TEXTS[:1]):
        encoded = encoder.encode_many(texts)
        ids = pad(encoded, max(map(len, encoded)))
        (logits,) = session.run(["logits"], {"input_ids": ids})
        np.testing.assert_allclose(logits, student(ids), atol=1e-4)
    inside = session.get_modelmeta().custom_metadata_map
    assert inside["labels.txt"] == "a\nb\nc\n"
    assert read_encoder(inside)[0].encode_many(TEXTS) == encoder.encode_many(TEXTS)
    assert session.get_inputs()[0].shape == ["batch", "length"]
    assert session.get_outputs()[0].shape == ["batch", 3]
    assert [each.name for each in tmp_path.iterdir()] == ["small.onnx"]


def test_what_onnx_has_not_is_told(runtime, tmp_path):
    """A page of the converter, and a file that is not one."""
    tokens = keras.Input((4,), dtype="int32", name="input_ids")
    lengths = keras.layers.Lambda(
        lambda x: tf.cast(tf.strings.length(tf.strings.as_string(x)), tf.float32),
        output_shape=(4,),
    )
    student = keras.Model(tokens, keras.layers.Dense(3)(lengths(tokens)))
    with pytest.raises(UserError, match=r"tf2onnx cannot convert|ONNX Runtime cannot run"):
        export(student, tmp_path / "a.onnx")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_differs_is_not_kept(runtime, tmp_path, monkeypatch):
    """The gate of one format only."""
    x = keras.Input((6,), name="x")
    student = keras.Model(x, keras.layers.Dense(3)(x))

    def other(feed):
        return {"logits": 9 * feed["x"][:, :3]}

    monkeypatch.setattr(formats, "onnx_model", lambda file: other)
    with pytest.raises(UserError, match="does not compute"):
        export(student, tmp_path / "a.onnx")
    assert list(tmp_path.iterdir()) == []


def test_without_the_packages_their_extra_is_told(tmp_path, monkeypatch):
    """ModuleNotFoundError: tf2onnx."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"needs tf2onnx and onnxruntime: pip install"):
        onnx.check_onnx()


def test_quantised_files_are_tflite(tmp_path):
    """A float file that is said to be of 8 bits."""
    with pytest.raises(UserError, match="needs a LiteRT file"):
        export(None, tmp_path / "a.onnx", quantize="int8")
