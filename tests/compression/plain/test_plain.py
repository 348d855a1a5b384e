"""Models whose composite layers are taken apart compute the same."""

import keras
import keras_hub
import numpy as np
import pytest

from tfkd import UserError
from tfkd.compression.plain import as_plain, check_plain
from tfkd.models.saving import save_keras
from tfkd.students import transformer

IDS = np.array([[5, 7, 0, 0], [1, 2, 3, 0], [4, 4, 9, 8]], "int32")


def moved(model, seed=0):
    """Give a model weights that are no zeros or ones, which would hide a bias or a scale."""
    rng = np.random.default_rng(seed)
    for weight in model.trainable_variables:
        weight.assign(weight + rng.normal(0, 0.1, weight.shape).astype("float32"))
    return model


def encoder(kind, **settings):
    sizes = {"num_layers": 2, "num_heads": 2, "hidden_dim": 8, "intermediate_dim": 12}
    kind = getattr(keras_hub.models, f"{kind}Backbone")
    return moved(kind(vocabulary_size=10, max_sequence_length=6, **sizes, **settings))


def rows(model):
    known = {"token_ids": IDS, "padding_mask": (IDS != 0).astype("int32"), "segment_ids": IDS % 2}
    return {name: known[name] for name in model.input}


def assert_equal(first, second, inputs):
    before, after = first(inputs), second(inputs)
    keras.tree.assert_same_structure(before, after)
    pairs = zip(keras.tree.flatten(before), keras.tree.flatten(after), strict=True)
    for one, other in pairs:
        np.testing.assert_allclose(one, other, atol=1e-5)
    assert first.output_names == second.output_names
    assert [t.name for t in first.inputs] == [t.name for t in second.inputs]


@pytest.mark.parametrize("kind", ["Bert", "Roberta", "DistilBert"])
def test_encoders_of_keras_hub(kind, tmp_path):
    model = encoder(kind)
    plain = as_plain(model)
    assert_equal(model, plain, rows(model))
    save_keras(plain, tmp_path / "plain.keras")
    kinds = {type(layer).__module__.partition(".")[0] for layer in plain.layers}
    assert kinds == {"keras"}
    assert_equal(model, keras.models.load_model(tmp_path / "plain.keras"), rows(model))
    assert as_plain(plain) is plain


@pytest.mark.parametrize("dropout", [0.0, 0.1])
def test_a_transformer_and_texts_without_a_token(dropout):
    model = moved(transformer(10, 3, "tiny", dropout=dropout))
    plain = as_plain(model)
    assert_equal(model, plain, IDS)
    assert_equal(model, plain, IDS * [[0], [1], [1]])
    names = {layer.name for layer in plain.layers}
    assert {"block_0", "block_0_attention_query", "block_0_attention_output"} <= names


def test_gradients_reach_every_weight():
    import tensorflow as tf

    plain = as_plain(moved(transformer(10, 3, "tiny")))
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(plain(IDS)[:, 0] ** 2)
    gradients = tape.gradient(loss, plain.trainable_variables)
    assert all(gradient is not None for gradient in gradients)


def test_a_plain_model_is_returned():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    assert as_plain(model) is model


def test_what_cannot_be_taken_apart():
    class Own(keras.Model):
        def call(self, inputs):
            return inputs

    with pytest.raises(UserError, match="subclass"):
        check_plain(Own(name="own"))
    with pytest.raises(UserError, match="no Keras 3 model"):
        check_plain(len)
