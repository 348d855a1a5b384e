"""The private names of Keras that tfkd reads: passed with Keras 3.15.1 and tf_keras 2.21.0."""

import keras
import pytest
import tensorflow as tf
import tf_keras

from tfkd.models import keras_internals as internals


def nested(package):
    ids = package.Input((3,), dtype="int32", name="ids")
    values = package.layers.Embedding(5, 2, name="embedding")(ids)
    inner = package.Sequential([package.layers.Dense(2, name="dense")], name="inner")
    outputs = {"logits": package.layers.Softmax(name="softmax")(inner(values))}
    return package.Model({"ids": ids}, outputs)


@pytest.fixture(params=[keras, tf_keras], ids=["keras", "tf_keras"])
def model(request):
    return nested(request.param)


def test_layers_at_one_depth_and_at_all(model):
    """Layers that are not found are neither tapped, nor frozen, nor cut."""
    names = {layer.name for layer in internals.list_layers(model)}
    assert {"embedding", "inner", "softmax"} <= names
    assert "dense" not in names
    assert "dense" in {layer.name for layer in internals.list_layers(model, recursive=True)}


def test_the_layer_behind_an_output(model):
    """A final softmax that nobody sees."""
    (output,) = tf.nest.flatten(model.output)
    assert internals.layer_behind(output).name == "softmax"
    assert internals.layer_behind(tf.ones(3)) is None


def test_structures_of_keras_3():
    """A model that is called with a list where it takes a dict."""
    model = nested(keras)
    assert list(internals.input_structure(model)) == ["ids"]
    assert list(internals.output_structure(model)) == ["logits"]
    embedding = model.get_layer("embedding")
    assert [tensor.name for tensor in internals.input_tensors(embedding)] == ["ids"]


def test_a_graph_is_walked_again():
    """Layers that another function calls, in their order and with their arguments."""
    ids = keras.Input((3,), dtype="int32", name="ids")
    table = keras.layers.ReversibleEmbedding(5, 2, name="table")
    model = keras.Model({"ids": ids}, {"logits": table(table(ids) * 2.0, reverse=True)})
    called = []

    def call(operation, *args, **options):
        called.append(operation.name)
        return operation(*args, **options)

    inputs = {"ids": keras.Input((3,), dtype="int32", name="other")}
    outputs = internals.run_graph(model, inputs, call)
    assert outputs["logits"].shape == (None, 3, 5)
    assert (called[0], called[-1], len(called)) == ("table", "table", 3)
    behind = {each.name for each in internals.operations_behind(outputs)}
    assert {"other", "table"} <= behind
    assert [bool(options) for _, options in internals.calls_of(table)][:2] == [False, True]


def test_what_comes_with_a_tensor():
    """Probabilities that are taken for logits, padding that counts."""
    ids = tf.constant([[1, 0]])
    masked = keras.layers.Embedding(5, 2, mask_zero=True)(ids)
    assert internals.attached_mask(masked).numpy().tolist() == [[True, False]]
    probabilities = keras.layers.Dense(2, activation="softmax")(masked)
    assert internals.attached_logits(probabilities).shape == (1, 2, 2)


def test_a_model_computes_in_float32_for_a_while():
    """A policy or a weight that is not as it was before."""
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, dtype="float16")])
    kernel = model.layers[0].kernel
    value = kernel.value
    assert internals.precisions(model) == ("float16",)
    with internals.compute_in_float32(model):
        assert internals.precisions(model) == ()
        assert model(tf.ones((1, 3))).dtype == kernel.value.dtype == "float32"
    assert internals.precisions(model) == ("float16",)
    assert kernel.value is value
    assert model(tf.ones((1, 3))).dtype == "float16"
