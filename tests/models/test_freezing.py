"""Layers frozen by name: which weights move, what comes back, and names that do not exist."""

import importlib

import keras
import numpy as np
import pytest

from tfkd import UserError
from tfkd.models.freezing import TrainableFlags, find_by_beginning, freeze
from tfkd.models.keras_internals import list_layers
from tfkd.models.layers import walk
from tfkd.students import STUDENTS, build

FLAVOURS = ("keras", "tf_keras")


def stack(flavour="keras"):
    """Two dense layers, one of them inside of a model, a norm, and a layer that never trains."""
    kind = importlib.import_module(flavour)
    inside = kind.Sequential([kind.Input((4,)), kind.layers.Dense(4, name="inner")], name="inside")
    given = kind.Input((4,))
    x = kind.layers.BatchNormalization(name="norm")(inside(given))
    x = kind.layers.Dense(4, name="constant", trainable=False)(x)
    return kind.Model(given, kind.layers.Dense(2, name="logits")(x), name="stack")


def moved(model):
    """The paths of the innermost layers whose weights one epoch changes."""
    leaves = {
        path: layer for path, layer in walk(model) if layer.weights and not list_layers(layer)
    }
    before = {path: layer.get_weights() for path, layer in leaves.items()}
    kind = importlib.import_module("tf_keras" if "tf_keras" in type(model).__module__ else "keras")
    model.compile(kind.optimizers.SGD(1.0), "mse", jit_compile=False)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(16, 4)).astype("float32")
    if model.inputs[0].dtype == "int32":
        x = rng.integers(1, 40, (16, 6)).astype("int32")
    model.fit(x, rng.normal(size=(16, 2)).astype("float32"), verbose=0)
    return {
        path
        for path, layer in leaves.items()
        if any((a != b).any() for a, b in zip(before[path], layer.get_weights(), strict=True))
    }


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_frozen_weights_stay_and_move_again(flavour):
    """A layer that is frozen in one stage, and for good."""
    model = stack(flavour)
    flags = TrainableFlags(model)
    freeze(model, ["inner", "norm"])
    assert moved(model) == {"logits"}
    flags.restore()
    assert moved(model) == {"inside/inner", "norm", "logits"}
    freeze(model, ["inside"])
    assert moved(model) == {"norm", "logits"}


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_what_never_trained_does_not_train_afterwards(flavour):
    """A constant of the student's own that the end of a stage makes trainable."""
    model = stack(flavour)
    expected = [layer.trainable for layer in model._flatten_layers()]
    count = len(model.trainable_variables)
    flags = TrainableFlags(model)
    freeze(model, ["inside", "logits"])
    assert len(model.trainable_variables) < count
    flags.restore()
    assert [layer.trainable for layer in model._flatten_layers()] == expected
    assert len(model.trainable_variables) == count


def test_a_variable_that_never_trains_stays_so():
    """A table of fixed positions, learnt after a stage."""
    model = stack()
    inner = model.get_layer("inside").get_layer("inner")
    inner.kernel.trainable = False
    flags = TrainableFlags(model)
    freeze(model, ["inside"])
    flags.restore()
    assert not inner.kernel.trainable
    assert inner.bias.trainable


FROZEN = {
    "ngram_cnn": ("token_embedding", "conv1d", "bigrams"),
    "bag_of_ngrams": ("bigram_embedding",),
    "text_cnn": ("conv_",),
    "static": ("token_embedding",),
    "ngram_linear": ("piece_score",),
    "bilstm": ("token_embedding", "bidirectional/forward"),
    "transformer": ("embeddings", "block_0"),
    "bottleneck": ("embeddings", "block_0"),
}


TABLES = ("token_embedding", "position_embedding")
STARTS = {
    **FROZEN,
    "transformer": (*TABLES, "block_0_"),
    "bottleneck": (*TABLES, "embeddings", "block_0"),
}


@pytest.mark.slow_but_one
@pytest.mark.parametrize("kind", STUDENTS)
def test_each_kind_of_student(kind):
    """Names that mean nothing in one of them, and weights that move all the same."""
    model = build(kind, 40, 2, "tiny", seed=1)
    flags = TrainableFlags(model)
    everything = moved(model)
    freeze(model, FROZEN[kind])
    still = moved(model)
    assert still == {path for path in everything if not path.startswith(STARTS[kind])}
    assert still < everything
    flags.restore()
    assert moved(model) == everything


def test_a_number_at_the_end_is_a_whole_one():
    """`block_1` that freezes block_10 to block_19 too."""
    layers = [keras.layers.Dense(3, name=f"block_{n}") for n in (1, 2, 10)]
    model = keras.Sequential([keras.Input((3,)), *layers])
    assert [layer.name for layer in find_by_beginning(model, "block_1")] == ["block_1"]
    assert [layer.name for layer in find_by_beginning(model, "block_")] == [
        "block_1",
        "block_2",
        "block_10",
    ]


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["iner"], r"no layer 'iner' to freeze \(did you mean inner or inside\?\); its layers are"),
        ([""], "has no layer ''"),
        (["input"], "has no layer 'input'"),
        (["inside", "norm", "logits"], "freezing 'inside', 'norm', 'logits' leaves nothing"),
    ],
)
def test_names_that_freeze_nothing_or_all(names, words):
    """A typing error that trains what was to be kept."""
    with pytest.raises(UserError, match=words):
        freeze(stack(), names)
