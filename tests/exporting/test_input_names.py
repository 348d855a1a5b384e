"""Inputs of every kind of model, under names that the next export gives too."""

import numpy as np
import pytest

keras = pytest.importorskip("keras")
from keras import layers

from tfkd.errors import UserError
from tfkd.exporting import export
from tfkd.exporting.input_signature import stable_names
from tfkd.runtime.interpreter import LiteRT

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 6)).astype("float32")


class Own(keras.Model):
    """A model that says nothing of its inputs."""

    def __init__(self, **options):
        super().__init__(**options)
        self.dense = layers.Dense(3)

    def call(self, inputs):
        values = list(inputs.values()) if isinstance(inputs, dict) else inputs
        return self.dense(sum(values) if isinstance(values, (list, tuple)) else values)

    def get_config(self):
        return {}


def two(structure, names=(None, None)):
    inputs = [keras.Input((6,), name=name) for name in names]
    return keras.Model(structure(inputs), layers.Dense(3)(layers.Add()(inputs)))


def sequential(**options):
    return keras.Sequential([keras.Input((6,), **options), layers.Dense(3)])


MODELS = {
    "sequential": (sequential, X, ["input"]),
    "named": (lambda: sequential(name="pixels"), X, ["pixels"]),
    "list": (lambda: two(list), [X, X + 1], ["input", "input_1"]),
    "tuple": (lambda: two(tuple), (X, X + 1), ["input", "input_1"]),
    "half named": (lambda: two(list, ("a", None)), [X, X + 1], ["a", "input"]),
    "dict": (
        lambda: two(lambda inputs: dict(zip("ab", inputs, strict=True)), ("a", "b")),
        {"a": X, "b": X + 1},
        ["a", "b"],
    ),
    "subclassed": (Own, X, ["input"]),
    "subclassed, list": (Own, [X, X + 1], ["input", "input_1"]),
    "subclassed, dict": (Own, {"a": X, "b": X + 1}, ["a", "b"]),
}


@pytest.mark.slow_but_one
@pytest.mark.parametrize("kind", MODELS)
def test_each_kind_of_model_in_each_format(kind, tmp_path):
    """`keras_tensor_135` today and `keras_tensor_7` tomorrow, or a TypeError full of arrays."""
    build, check, names = MODELS[kind]
    for _ in range(2):
        model = build()
        made = export(model, tmp_path / "a.tflite", check=check)
        assert made.agreement == 1.0
        assert made.checked == len(X)
        assert sorted(LiteRT(tmp_path / "a.tflite").inputs) == names
    assert export(model, tmp_path / "saved", check=check).agreement == 1.0
    if not kind.startswith("subclassed"):
        made = export(model, tmp_path / "a.keras", check=check)
        again = keras.models.load_model(tmp_path / "a.keras", compile=False)
        assert again.count_params() == model.count_params()
        assert export(again, tmp_path / "b.keras", check=check).agreement == 1.0


@pytest.mark.parametrize("kind", MODELS)
def test_each_kind_of_model_as_onnx(kind, tmp_path):
    pytest.importorskip("tf2onnx", reason="needs tf2onnx, in the extra onnx")
    runtime = pytest.importorskip("onnxruntime", reason="needs onnxruntime, in the extra onnx")
    build, check, names = MODELS[kind]
    made = export(build(), tmp_path / "a.onnx", check=check)
    session = runtime.InferenceSession(str(tmp_path / "a.onnx"))
    assert made.agreement == 1.0
    assert sorted(each.name for each in session.get_inputs()) == names
    assert {str(each.shape) for each in session.get_inputs()} == {"['batch', 6]"}
    assert b"unk__" not in (tmp_path / "a.onnx").read_bytes()


def test_names_that_would_meet():
    """Two inputs of one name are one."""
    assert stable_names(["keras_tensor_3", "input", "keras_tensor"]) == [
        "input_1",
        "input",
        "input_2",
    ]


def test_a_batch_that_a_sequential_was_built_on_is_no_size_of_the_file(tmp_path):
    """A Sequential without Input takes the size of its first batch."""
    model = keras.Sequential([layers.Flatten(), layers.Dense(3)])
    images = RNG.normal(size=(50, 4, 4)).astype("float32")
    model(images[:32])
    assert export(model, tmp_path / "a.tflite", check=images).checked == 50
    assert LiteRT(tmp_path / "a.tflite").inputs["input"][0] == (None, 4, 4)


def test_a_distiller_is_exported_as_its_student(tmp_path):
    import tfkd

    student = sequential(name="x")
    distiller = tfkd.Distiller(student=student, teacher=sequential(), objective=tfkd.SoftTargets())
    export(distiller, tmp_path / "a.tflite", check=X)
    np.testing.assert_allclose(
        LiteRT(tmp_path / "a.tflite").logits({"x": X}), student(X), atol=1e-5
    )


def test_a_model_without_inputs_is_told(tmp_path):
    with pytest.raises(UserError, match=r"was not built from keras\.Input: give `check` an array"):
        export(Own(), tmp_path / "a.tflite")
    with pytest.raises(UserError, match="`check` holds 3 arrays; the model takes input, input_1"):
        export(two(list), tmp_path / "a.tflite", check=[X, X, X])


def test_names_that_no_signature_has(tmp_path):
    """'Got non-flat/non-unique argument names for SavedModel signature'."""
    model = sequential(name="my größe")
    assert export(model, tmp_path / "a.tflite", check=X).agreement == 1.0
    assert list(LiteRT(tmp_path / "a.tflite").inputs) == ["my_gr__e"]
    with pytest.raises(UserError, match="an input is called 'my image', which no file can have"):
        export(Own(), tmp_path / "b.tflite", check={"my image": X})


def test_a_tapped_student_and_labels_in_an_array(tmp_path):
    import tfkd

    labels = np.array(["cat", "dog", "owl"])
    tapped = tfkd.tap(sequential())
    assert export(tapped, tmp_path / "a.tflite", check=X, labels=labels).agreement == 1.0
