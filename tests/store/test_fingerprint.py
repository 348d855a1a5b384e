"""Whose outputs a store holds: anything that would make them others is refused, and named."""

import itertools

import keras
import numpy as np
import pytest
from store_toys import Features, Tokens, features, texts, write
from toys import Counting, linear

from tfkd import tap
from tfkd.errors import UserError
from tfkd.models.text_model import TextModel
from tfkd.store import Store, StoredTeacher, fingerprint, join
from tfkd.store.fingerprint import check_fingerprint, difference
from tfkd.text import learn

X = features(20)


def classifier(seed=0, activation=None):
    ids = keras.Input((None,), dtype="int32", name="input_ids")
    init = keras.initializers.RandomNormal(seed=seed)
    x = keras.layers.Embedding(60, 4, embeddings_initializer=init)(ids)
    x = keras.layers.Activation(activation)(x) if activation else x
    x = keras.layers.GlobalMaxPooling1D()(x)
    return keras.Model({"input_ids": ids}, keras.layers.Dense(2, kernel_initializer=init)(x))


def encoder(words="a good film, a bad film", max_length=12):
    return learn([words] * 9, vocab_size=60, max_length=max_length)


@pytest.fixture(scope="module")
def model():
    return classifier()


def changed(model):
    other = keras.models.clone_model(model)
    weights = model.get_weights()
    weights[-1][0] += 1e-6
    other.set_weights(weights)
    return other


def test_equal_teachers_are_equal(model):
    """A store that is refused after the notebook was restarted."""
    again = keras.models.clone_model(model)
    again.set_weights(model.get_weights())
    again.name = "another_name"
    assert fingerprint(again) == fingerprint(model)
    assert fingerprint(linear(seed=3)) == fingerprint(linear(seed=3))
    one, other = TextModel(model, encoder()), TextModel(again, encoder())
    assert fingerprint(one) == fingerprint(other)
    assert fingerprint(one)["teacher"] == fingerprint(model)["teacher"]
    assert fingerprint(Counting(model)) == fingerprint(model)  # held in an object


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (lambda m: TextModel(changed(m), encoder()), "another teacher"),
        (lambda m: TextModel(classifier(activation="tanh"), encoder()), "another teacher"),
        (lambda m: TextModel(m, encoder("a very bad film")), "another tokenizer"),
        (lambda m: TextModel(m, encoder(max_length=8)), r"other preprocessing.*'max_length': 12"),
        (lambda m: TextModel(m, encoder(), order=[1, 0]), "another order of the classes"),
    ],
)
def test_what_differs_is_named(model, other, words, tmp_path):
    """A student of two teachers: half of its targets are another model's."""
    write(tmp_path, TextModel(model, encoder()), ["a film", "a good film"])
    for use in (
        lambda teacher: write(tmp_path, teacher, ["a bad film"]),
        lambda teacher: Store(tmp_path, teacher=teacher),
        lambda teacher: StoredTeacher(tmp_path, teacher=teacher),
        lambda teacher: join(tmp_path, None, teacher=teacher),
    ):
        with pytest.raises(UserError, match=f"holds the outputs of {words}.*other folder"):
            use(other(model))
    assert Store(tmp_path, teacher=TextModel(model, encoder())).rows == 2


def test_a_layer_of_another_kind_is_another_teacher():
    """The same weights behind another function."""
    one, other = (
        keras.Sequential([keras.Input((5,)), keras.layers.Dense(3), layer])
        for layer in (keras.layers.ReLU(), keras.layers.Softmax())
    )
    other.set_weights(one.get_weights())
    assert fingerprint(one) != fingerprint(other)


@pytest.mark.parametrize(
    "settings", [{"activation": "tanh"}, {"use_bias": False}, {"dtype": "float16"}], ids=str
)
def test_another_setting_of_a_layer_is_another_teacher(settings):
    """The same weights in another use of them."""

    def model(**more):
        layers = [keras.layers.Dense(3, "relu"), keras.layers.LayerNormalization(epsilon=1e-6)]
        inner = keras.Sequential([keras.Input((5,)), *layers])
        return keras.Sequential([keras.Input((5,)), inner, keras.layers.Dense(3, **more)])

    one, other = model(), model(**settings)
    weights = one.get_weights()
    other.set_weights(weights[: len(other.weights)])
    again = model()
    again.set_weights(weights)
    assert fingerprint(one) == fingerprint(again)
    assert fingerprint(one) != fingerprint(other)


def test_other_layers_are_other_outputs(model):
    """Hidden states of two places under one name in one store."""
    one, other = (
        tap(model, hidden_states=[n]) for n in (model.layers[1].name, model.layers[2].name)
    )
    assert fingerprint(one) != fingerprint(other)
    assert fingerprint(tap(model)) == fingerprint(model)


def test_callables():
    """Known by their name, or by what they say of themselves."""

    def other(x):
        return x

    assert fingerprint(other) == fingerprint(other)
    assert fingerprint(other) != fingerprint(features)
    assert fingerprint(Features()) == {"teacher": "features"}
    assert fingerprint(Features()) != fingerprint(Tokens())


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"dtype": "float32"}, "dtype='float16' and not 'float32'"),
        ({"top_k": 2}, "top_k=None and not 2"),
        (
            {"reads": ("logits", "hidden_states")},
            r"reads=\('logits',\) and not \('logits', 'hidden_states'\)",
        ),
        ({"reads": ("hidden_states",)}, r"reads=\('logits',\) and not \('hidden_states',\)"),
    ],
)
def test_other_settings_are_refused(options, words, tmp_path):
    """Rows of which some have hidden states and some have none."""
    write(tmp_path, Tokens(), texts(20))
    with pytest.raises(UserError, match=f"was written with {words}: give another folder"):
        write(tmp_path, Tokens(), texts(20), **options)


def test_another_precision_is_refused(tmp_path, monkeypatch):
    """Some targets in eight bits among others of sixteen, and which is which nobody knows."""
    monkeypatch.setattr("tfkd.store.precision.has_bfloat16", lambda: True)
    for first, second in itertools.permutations(("float32", "bfloat16", "auto"), 2):
        folder = tmp_path / f"{first}-{second}"
        write(folder, linear(), X, precision=first)
        with pytest.raises(UserError, match=f"precision.*{first}.*{second}"):
            write(folder, linear(), X, precision=second)
        assert write(folder, linear(), X, precision=first).rows == 20


def test_what_only_one_side_knows_does_not_count():
    """A store that was written from PyTorch knows no tokenizer of ours."""
    assert difference({}, {"teacher": "a"}) is None
    assert (
        difference({"teacher": "a", "origin": "torch"}, {"teacher": "a", "tokenizer": "b"}) is None
    )
    assert difference({"teacher": "a"}, {"teacher": "b"}) == (
        "another teacher (its weights or its layers): a there, b here"
    )
    with pytest.raises(UserError, match=r"^here holds the outputs of other: 1 there, 2 here\."):
        check_fingerprint({"other": 1}, {"other": 2}, "here")
    assert difference({"classes": [1, 0]}, {"classes": (1, 0)}) is None  # as JSON brings it back


def test_the_order_of_the_rows_counts():
    """A sum over all weights that is the same for two vocabularies."""
    one, other = linear(), linear()
    kernel, bias = one.get_weights()
    other.set_weights([np.ascontiguousarray(kernel[::-1]), bias])
    assert fingerprint(one) != fingerprint(other)
