"""Students of mixed precision: the file computes in float32, and the student stays as it was."""

import numpy as np
import pytest

keras = pytest.importorskip("keras")
from keras import layers

from tfkd.errors import UserError
from tfkd.exporting import export
from tfkd.models.keras_internals import precisions
from tfkd.runtime.interpreter import LiteRT
from tfkd.text import learn

RNG = np.random.default_rng(0)
POLICIES = ["mixed_float16", "mixed_bfloat16", "float16"]
X = RNG.normal(size=(120, 9, 6)).astype("float32")


def recurrent(policy):
    """Layers inside layers, and layers that keep numbers of their own."""
    with_policy = {"dtype": policy}
    x = keras.Input((9, 6), name="x")
    y = layers.Bidirectional(layers.LSTM(6, return_sequences=True, **with_policy), **with_policy)(x)
    y = layers.GRU(8, return_sequences=True, **with_policy)(y)
    y = layers.LayerNormalization(**with_policy)(y)
    y = layers.GlobalAveragePooling1D(**with_policy)(y)
    return keras.Model(x, layers.Dense(3, activation="softmax", **with_policy)(y))


def attention(policy):
    with_policy = {"dtype": policy}
    x = keras.Input((9, 6), name="x")
    y = layers.Conv1D(8, 3, padding="same", **with_policy)(x)
    y = layers.BatchNormalization(**with_policy)(y)
    y = y + layers.MultiHeadAttention(2, 4, **with_policy)(y, y)
    y = keras.Sequential([layers.Dense(8, "gelu", **with_policy)])(y)
    return keras.Model(x, layers.Dense(3, **with_policy)(layers.GlobalMaxPooling1D()(y)))


class Subclassed(keras.Model):
    def __init__(self, policy):
        super().__init__(dtype=policy)
        self.last = layers.Dense(3, dtype=policy)

    def call(self, x):
        return self.last(keras.ops.mean(x, axis=1))


def state(model):
    return [(id(v.value), v.dtype, np.asarray(v.value).tobytes()) for v in model.variables]


@pytest.mark.slow_but_one("build")
@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("build", [recurrent, attention, Subclassed])
def test_a_student_of_16_bits_is_written_in_float32(build, policy, tmp_path):
    """BiasAdd and MatMul were said to be missing in LiteRT."""
    keras.utils.set_random_seed(0)
    student = build(policy)
    want = np.asarray(student(X), "float32")
    before, policies = state(student), precisions(student)
    made = export(student, tmp_path / "a.tflite", check=X)
    assert made.agreement >= 0.97
    name = "input" if build is Subclassed else "x"
    file = LiteRT(tmp_path / "a.tflite")
    got = np.concatenate([file.logits({name: X[i : i + 1]}) for i in range(20)])
    if build is recurrent:
        got = np.exp(got) / np.exp(got).sum(-1, keepdims=True)
    assert np.abs(got - want[:20]).max() <= 0.05 * np.abs(want).max()
    if build is not Subclassed:
        export(student, tmp_path / "a.keras", check=X)
        assert precisions(keras.models.load_model(tmp_path / "a.keras", compile=False)) == ()
    assert (state(student), precisions(student)) == (before, policies)
    assert policies == (policy,)
    np.testing.assert_array_equal(np.asarray(student(X), "float32"), want)


def test_onnx_of_bfloat16(tmp_path):
    pytest.importorskip("tf2onnx", reason="needs tf2onnx, in the extra onnx")
    pytest.importorskip("onnxruntime", reason="needs onnxruntime, in the extra onnx")
    assert export(attention("mixed_bfloat16"), tmp_path / "a.onnx", check=X).agreement >= 0.97


def test_the_student_is_as_before_where_the_export_fails(tmp_path):
    """Half of a policy is the worst of all."""
    student = attention("mixed_float16")
    with pytest.raises(UserError, match="does not compute"):
        export(student, tmp_path / "a.tflite", check=X, tolerance=1e-12)
    assert precisions(student) == ("mixed_float16",)


class Casts(keras.Model):
    """A model whose precision is no policy."""

    def __init__(self):
        super().__init__()
        self.last = layers.Dense(3)

    def call(self, x):
        return self.last(keras.ops.relu(keras.ops.cast(x, "bfloat16")))


def test_a_cast_of_its_own_is_the_reason_that_is_told(tmp_path):
    """'uses Relu, which no plain LiteRT interpreter has'."""
    with pytest.raises(UserError, match=r"computes in bfloat16 by a cast of its own \(Relu"):
        export(Casts(), tmp_path / "a.tflite", check=X[:, 0])


def test_float64_is_written_in_float32(tmp_path):
    keras.utils.set_random_seed(0)
    student = keras.Sequential(
        [keras.Input((6,), dtype="float64"), layers.Dense(3, dtype="float64")]
    )
    assert export(student, tmp_path / "a.tflite", check=X[:, 0]).max_difference < 1e-4
    assert LiteRT(tmp_path / "a.tflite").inputs["input"][1] is np.float32
    assert student.layers[0].kernel.dtype == "float64"


def test_texts_and_mediapipe_in_mixed_precision(tmp_path):
    texts = ["a good film", "a bad film", "far from dull"] * 10
    encoder = learn(texts, vocab_size=40, max_length=16)
    ids = keras.Input((None,), dtype="int32", name="input_ids")
    y = layers.Embedding(encoder.vocab_size, 8, dtype="mixed_float16")(ids)
    y = layers.GlobalAveragePooling1D(dtype="mixed_float16")(y)
    student = keras.Model(ids, layers.Dense(2, dtype="mixed_float16")(y))
    made = export(student, tmp_path / "a.tflite", encoder=encoder, client="mediapipe")
    assert made.agreement == 1.0
