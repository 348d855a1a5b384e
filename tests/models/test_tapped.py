"""What is read inside a model is what passed there, and the model stays what it was."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from tiny_bert import checkpoint

from tfkd import students, tap
from tfkd.errors import UserError
from tfkd.models.saving import save_keras

IDS = np.array([[2, 5, 6, 3, 0], [2, 7, 3, 0, 0]], "int32")
INSIDE = ("hidden_states", "attentions", "embeddings", "queries", "keys", "values")


def functional():
    inputs = keras.Input((4,))
    inner = keras.layers.Dense(3, name="inner")(inputs)
    return keras.Model(inputs, keras.layers.Dense(2, name="outer")(inner))


def nested():
    body = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name="inner")], name="body")
    inputs = keras.Input((4,))
    return keras.Model(inputs, keras.layers.Dense(2, name="outer")(body(inputs)))


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.body = keras.Sequential([keras.layers.Dense(3, name="inner")], name="body")
        self.outer = keras.layers.Dense(2, name="outer")

    def call(self, inputs):
        """Two dense layers."""
        return self.outer(self.body(inputs))


class Block(keras.layers.Layer):
    def __init__(self, heads=2, width=8, **options):
        super().__init__(**options)
        self.attention = keras.layers.MultiHeadAttention(heads, width // heads)

    def call(self, x):
        """A residual attention."""
        return x + self.attention(x, x)


class Encoder(keras.Model):
    def __init__(self):
        super().__init__()
        self.table = keras.layers.Embedding(20, 8)
        self.blocks = [Block(name=f"layer_{i}") for i in range(3)]
        self.head = keras.layers.Dense(2)

    def call(self, ids):
        """Three blocks and a head on the first token."""
        x = self.table(ids)
        for block in self.blocks:
            x = block(x)
        return self.head(x[:, 0])


@pytest.mark.parametrize("make", [functional, nested, Subclassed])
def test_by_name_in_every_kind_of_model(make):
    """Whoever wrote the model, the tensor of that layer, in the pass that gave the logits."""
    model, x = make(), tf.random.normal((5, 4))
    model(x)
    outputs = tap(model, hidden_states=["inner"])(x, reads=("logits", "hidden_states"))
    (inner,) = outputs["hidden_states"]
    outer = next(e for e in model._flatten_layers() if e.name == "outer")
    np.testing.assert_allclose(outer(inner), outputs["logits"], rtol=1e-6)
    np.testing.assert_array_equal(model(x), outputs["logits"])


def test_paths_and_near_names():
    """A typing error among four hundred layers."""
    model = nested()
    assert tap(model, hidden_states="body/inner").places["hidden_states"][0].layer.name == "inner"
    with pytest.raises(UserError, match=r"has no layer 'iner': did you mean .*inner"):
        tap(model, hidden_states=["iner"])
    twice = keras.Sequential(
        [
            keras.Sequential([keras.layers.Dense(3, name="inner")], name="one"),
            keras.Sequential([keras.layers.Dense(3, name="inner")], name="two"),
        ]
    )
    twice.build((None, 4))
    with pytest.raises(UserError, match="2 layers are called 'inner': write one of one/inner, two"):
        tap(twice, hidden_states=["inner"])
    with pytest.raises(UserError, match="is a Dense and no attention"):
        tap(model, attentions=["inner"])
    with pytest.raises(UserError, match=r"a tap reads hidden_states.*and not 'logits'"):
        tap(model, logits=["outer"])


def test_nothing_to_find():
    """Hidden states of a model that has no such thing."""
    with pytest.raises(UserError, match=r"no hidden_states were found.*name its layers"):
        tap(functional())(tf.ones((1, 4)), reads=("logits", "hidden_states"))


def test_blocks_of_a_subclassed_model():
    """Embeddings, then each block, in their order."""
    model = Encoder()
    model(IDS)
    tapped = tap(model)
    found = tapped(IDS, reads=("logits", *INSIDE))
    states = found["hidden_states"]
    assert len(states) == 4
    np.testing.assert_array_equal(states[0], model.table(IDS))
    np.testing.assert_array_equal(found["embeddings"], states[0])
    for block, one, two in zip(model.blocks, states, states[1:], strict=False):
        np.testing.assert_allclose(block(one), two, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(model.head(states[-1][:, 0]), found["logits"], rtol=1e-5, atol=1e-6)
    some = tap(model, hidden_states=[0, -1])(IDS, reads=("logits", "hidden_states"))
    assert len(some["hidden_states"]) == 2
    np.testing.assert_array_equal(some["hidden_states"][1], states[-1])
    with pytest.raises(UserError, match="has 4 hidden_states, and 4 was asked for: write 0 to 3"):
        tap(model, hidden_states=[4])


def test_attention_is_keras_s_own():
    """Probabilities of other queries than those that the layer used."""
    model = Encoder()
    model(IDS)
    found = tap(model)(IDS, reads=("logits", "attention_scores", *INSIDE))
    layer, x = model.blocks[1].attention, found["hidden_states"][1]
    _, want = layer(x, x, return_attention_scores=True)
    np.testing.assert_allclose(found["attentions"][1], want, rtol=1e-5, atol=1e-6)
    scores = tf.nn.softmax(found["attention_scores"][1])
    np.testing.assert_allclose(scores, want, rtol=1e-5, atol=1e-6)
    assert found["queries"][0].shape == (2, 2, 5, 4)
    attended = tf.einsum("bnqk,bnkh->bqnh", want, found["values"][1])
    np.testing.assert_allclose(layer._output_dense(attended), layer(x, x), rtol=1e-4, atol=1e-5)


def test_our_transformer():
    """The student that the package itself offers."""
    model = students.build("transformer", 50, 2, "small")
    found = tap(model)(IDS, reads=("logits", *INSIDE))
    assert [each.shape for each in found["hidden_states"]] == [(2, 5, 128)] * 3
    assert [each.shape for each in found["attentions"]] == [(2, 4, 5, 5)] * 2
    np.testing.assert_array_equal(model(IDS), found["logits"])
    np.testing.assert_allclose(found["attentions"][0][..., 4], 0.0, atol=1e-6)  # padding
    np.testing.assert_allclose(tf.reduce_sum(found["attentions"][1], -1), 1.0, rtol=1e-5)


def test_hub_and_hugging_face_agree(tmp_path):
    """One folder read by two libraries: the same inside, to the rounding."""
    from tfkd.models import hugging_face

    folder = checkpoint(tmp_path)
    inputs = {"input_ids": IDS, "attention_mask": (IDS != 0).astype("int32")}
    hub = hugging_face.load_by_keras_hub(folder, "ForSequenceClassification")
    hf = hugging_face.load_by_transformers(folder, "ForSequenceClassification")
    one, two = (tap(model)(inputs, reads=("logits", *INSIDE)) for model in (hub, hf))
    real = inputs["attention_mask"] > 0
    np.testing.assert_allclose(one["logits"], two["logits"], atol=1e-5)
    np.testing.assert_allclose(one["embeddings"][real], two["embeddings"][real], atol=1e-5)
    assert len(one["hidden_states"]) == len(two["hidden_states"]) > 2
    for a, b in zip(one["hidden_states"], two["hidden_states"], strict=True):
        np.testing.assert_allclose(a[real], b[real], atol=1e-4)
    for name in ("attentions", "queries", "keys", "values"):
        assert len(one[name]) == len(two[name]) == len(one["hidden_states"]) - 1
        for a, b in zip(one[name], two[name], strict=True):
            a, b = (np.moveaxis(np.asarray(each), 2, 1)[real] for each in (a, b))
            np.testing.assert_allclose(a, b, atol=1e-4)


def test_in_a_graph_and_between_threads():
    """A tensor of one trace, read in another."""
    model, x = functional(), tf.random.normal((5, 4))
    tapped = tap(model, hidden_states=["inner"])
    eager = tapped(x, reads=("logits", "hidden_states"))["hidden_states"][0]

    @tf.function(jit_compile=True)
    def compiled(x):
        return tapped(x, reads=("logits", "hidden_states"))["hidden_states"][0]

    np.testing.assert_allclose(compiled(x), eager, rtol=1e-5)
    np.testing.assert_allclose(
        compiled(2 * x), tapped(2 * x, ("hidden_states",))["hidden_states"][0], rtol=1e-5
    )

    replicas = tf.distribute.MirroredStrategy(["CPU:0"])
    got = replicas.run(tf.function(lambda: tapped(x, ("hidden_states",))["hidden_states"][0]))
    np.testing.assert_allclose(got, eager, rtol=1e-5)


def test_the_model_stays_what_it_was(tmp_path):
    """A student whose file needs tfkd, or has other outputs than before."""
    model, x = functional(), np.ones((2, 4), "float32")
    before = model(x)
    tapped = tap(model, hidden_states=["inner"])
    tapped(x, reads=("logits", "hidden_states"))
    np.testing.assert_array_equal(model(x), before)
    save_keras(model, tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again(x), before)
    assert tapped(x).keys() == {"logits"}
    np.testing.assert_array_equal(tap(tapped)(x)["logits"], before)


def test_a_layer_that_does_not_run():
    """A tap of a layer that the forward pass leaves out."""
    model = Subclassed()
    model(tf.ones((1, 4)))
    model.call = lambda inputs: model.outer(inputs[:, :3])  # past the body
    with pytest.raises(UserError, match="the layer 'inner' did not run"):
        tap(model, hidden_states=["inner"])(tf.ones((1, 4)), reads=("hidden_states",))
