"""Models whose composite layers are taken apart compute the same."""

import keras
import keras_hub
import numpy as np
import pytest
import tensorflow as tf

from tfkd import UserError, export, tap
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


def test_a_sequence_of_models():
    """Its input is a tensor, and that of a graph what the graph was given."""
    inner = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4, name="inner")])
    model = moved(keras.Sequential([keras.Input((3,)), inner, keras.layers.Dense(2)]))
    plain = as_plain(model)
    assert plain.get_layer("inner")
    rows = np.eye(3, dtype="float32")
    np.testing.assert_allclose(model(rows), plain(rows), atol=1e-5)


@pytest.fixture(scope="module")
def student():
    return moved(transformer(10, 3, "tiny"))


@pytest.fixture(scope="module")
def plain(student):
    return as_plain(student)


def test_a_student_and_a_text_without_a_token(student, plain):
    """A mean over no tokens."""
    assert_equal(student, plain, IDS)
    assert_equal(student, plain, IDS * np.array([[0], [1], [1]], "int32"))
    assert as_plain(plain) is plain


def test_gradients_reach_every_weight_and_nothing_else_changes(student, plain):
    before = [np.array(weight.numpy()) for weight in student.trainable_variables]
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(plain(IDS, training=True)[:, 0] ** 2)
    gradients = tape.gradient(loss, plain.trainable_variables)
    assert all(gradient is not None for gradient in gradients)
    count = sum(np.prod(weight.shape) for weight in student.trainable_variables)
    assert count == sum(np.prod(weight.shape) for weight in plain.trainable_variables)
    other = as_plain(student)
    for weight in other.trainable_variables:
        weight.assign(weight + 1)
    for old, weight in zip(before, student.trainable_variables, strict=True):
        np.testing.assert_array_equal(old, weight.numpy())


def test_taps_find_the_same(student, plain):
    """Blocks that lost their names: a hint loss on other layers."""
    bert = encoder("Bert")
    bert = keras.Model(bert.input, {"logits": bert(bert.input)["pooled_output"]})
    reads = ("logits", "hidden_states", "attentions", "queries", "values")
    for first, second, inputs in ((student, plain, IDS), (bert, as_plain(bert), rows(bert))):
        before, after = (tap(each)(inputs, reads) for each in (first, second))
        for name in reads[1:]:
            for one, other in zip(before[name], after[name], strict=True):
                np.testing.assert_allclose(one, other, atol=1e-5, err_msg=name)


def test_the_file_is_equal(plain, tmp_path):
    """Masks that a converter does not take: the export compares file and model."""
    export(plain, tmp_path / "plain.tflite", quantize="int8", check=IDS)


def attended(**settings):
    """A model of one attention, with all that Keras's own call takes."""
    ids = keras.Input((None,), dtype="int32", name="ids")
    hidden = keras.layers.Embedding(10, 8, mask_zero=True, name="table")(ids)
    options = {key: settings.pop(key) for key in ("use_causal_mask",) if key in settings}
    layer = keras.layers.MultiHeadAttention(2, 3, **settings, name="look")
    return moved(keras.Model(ids, layer(hidden, hidden, **options), name="attended"))


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"use_causal_mask": True, "dropout": 0.1},
        {"value_dim": 5, "use_bias": False, "output_shape": 4},
        {"dtype": "mixed_float16"},
    ],
    ids=["masked", "causal", "sizes", "float16"],
)
def test_what_an_attention_can_be(settings):
    model = attended(**settings)
    plain = as_plain(model)
    assert plain.output_names == ["look"]
    atol = 3e-2 if "dtype" in settings else 1e-5
    np.testing.assert_allclose(model(IDS), plain(IDS), atol=atol)
    assert plain.get_layer("look_query").compute_dtype == model.get_layer("look").compute_dtype


def test_an_attention_that_is_called_twice_and_merged_lora():
    hidden = keras.Input((None, 8), name="hidden")
    look = keras.layers.MultiHeadAttention(2, 4, name="look")
    first, scores = look(hidden, hidden, return_attention_scores=True)
    model = moved(keras.Model(hidden, {"out": look(first, hidden), "scores": scores}))
    look.query_dense.enable_lora(2)
    moved(model)
    plain = as_plain(model)
    assert len([each for each in plain.layers if each.name.startswith("look_query")]) == 2
    values = np.random.default_rng(0).normal(size=(2, 5, 8)).astype("float32")
    for name, value in model(values).items():
        np.testing.assert_allclose(value, plain(values)[name], atol=1e-5)


def test_nested_models_with_names_that_meet():
    """Two layers of one name in one graph, of which Keras loads the weights of one."""
    body = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(3, name="dense"), keras.layers.Dropout(0.1)],
        name="body",
    )
    images = keras.Input((4,), name="images")
    hidden = keras.layers.Dense(4, name="dense")(images) + 1.0
    model = moved(keras.Model(images, body(hidden * 2.0), name="outer"))
    plain = as_plain(model)
    assert {"dense", "dense_1", "body"} <= {layer.name for layer in plain.layers}
    assert_equal(model, plain, np.eye(4, dtype="float32"))
    again = keras.Model.from_config(plain.get_config())
    again.set_weights(plain.get_weights())
    assert_equal(model, again, np.eye(4, dtype="float32"))


def test_outputs_keep_names_that_other_layers_would_have():
    """Outputs by another name: a head that no loss finds."""
    hidden = keras.Input((4, 8), name="hidden")
    body = keras.Model(hidden, keras.layers.Dense(8, name="logits")(hidden), name="body")
    looked = keras.layers.MultiHeadAttention(1, 2, name="look")(body(hidden), hidden)
    outputs = [keras.layers.Dense(2, name=name)(looked) for name in ("logits", "look_query")]
    model = keras.Model(hidden, outputs)
    assert as_plain(model).output_names == ["logits", "look_query"]


def test_a_plain_model_is_returned():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    assert as_plain(model) is model


def test_a_mask_that_is_read_behind_an_attention():
    """Keras hands masks on unseen: padding that counts in a mean."""
    attended_to = attended()
    pooled = keras.layers.GlobalAveragePooling1D()(attended_to.output)
    model = keras.Model(attended_to.input, pooled)
    assert_equal(model, as_plain(model), IDS)


class Own(keras.Model):
    def call(self, inputs):
        return inputs


class Twice(keras.layers.Layer):
    """A layer of layers, of somebody's own."""

    def __init__(self, **options):
        super().__init__(**options)
        self.dense = keras.layers.Dense(2)

    def call(self, inputs):
        return self.dense(self.dense(inputs))


class Shifted(keras.layers.Layer):
    """A layer that says in no config and no weight what it adds."""

    more = 0.0

    def call(self, inputs):
        return inputs + self.more


def graph_of(layer, *args, **options):
    inputs = keras.Input((4, 2), name="inputs")
    return keras.Model(inputs, layer(inputs, *args, **options), name="graph")


def test_a_layer_whose_state_is_hidden():
    """Other numbers without a word."""
    inner = graph_of(layer := Shifted())
    layer.more = 1.0
    inputs = keras.Input((4, 2))
    with pytest.raises(UserError, match="computes another output"):
        as_plain(keras.Model(inputs, inner(inputs)))


def test_what_cannot_be_taken_apart():
    look = {"num_heads": 1, "key_dim": 2, "name": "look"}
    attention = keras.layers.MultiHeadAttention
    hidden = keras.Input((4, 2))
    trained = attention(**look)(hidden, hidden, training=True)
    two = keras.Input((4, 3, 2))
    for model, words in (
        (len, "no Keras 3 model"),
        (Own(name="own"), "subclass with a call of its own"),
        (keras.Sequential([keras.layers.Dense(2)]), "no weights yet"),
        (graph_of(Twice(name="twice")), "'twice' is a test_plain.Twice"),
        (keras.Model(hidden, trained), "training=True"),
        (keras.Model(two, attention(**look)(two, two)), "attention_axes"),
        (graph_of(keras_hub.layers.RotaryEmbedding(name="turns")), "'turns' is a keras_hub"),
    ):
        with pytest.raises(UserError, match=words):
            as_plain(model)
    check_plain(graph_of(keras.layers.Dense(2)))
