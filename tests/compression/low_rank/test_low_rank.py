"""Models of which layers become two."""

import logging

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from tfkd import UserError, students, tap
from tfkd.compression import Evidence, parse
from tfkd.compression.low_rank._low_rank import find_layers, split_layers
from tfkd.compression.low_rank.convolutions import ConvolutionMatrix
from tfkd.compression.low_rank.factors import split_matrix
from tfkd.compression.low_rank.matrix_layers import DenseMatrix, EinsumMatrix, TableMatrix
from tfkd.compression.low_rank.moments import read_moments

IDS = np.random.default_rng(0).integers(1, 50, (16, 12)).astype("int32")
IDS[:, 9:] = 0


def of_every_kind():
    ids = keras.Input((12,), dtype="int32", name="input_ids")
    hidden = layers.Embedding(50, 16, name="table")(ids)
    hidden = layers.Conv1D(16, 3, padding="same", activation="relu", name="convolution")(hidden)
    hidden = layers.EinsumDense("abc,cde->abde", (None, 4, 5), bias_axes="de", name="split")(hidden)
    hidden = layers.Reshape((12, 20))(hidden)
    hidden = layers.Dense(24, activation="relu", name="inner")(hidden)
    shared = layers.Dense(24, name="shared")
    hidden = layers.Add(name="block_0")([shared(hidden), shared(hidden * 2)])
    hidden = layers.Dropout(0.3)(hidden)
    hidden = layers.BatchNormalization()(hidden)
    hidden = layers.GlobalAveragePooling1D()(hidden)
    return keras.Model({"input_ids": ids}, {"logits": layers.Dense(2, name="logits")(hidden)})


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(1)
    made = of_every_kind()
    # Biases and moving means that are not 0.
    rng = np.random.default_rng(2)
    made.set_weights([w + 0.1 * rng.random(w.shape) for w in made.get_weights()])
    return made


@pytest.fixture(scope="module")
def evidence():
    return Evidence(lambda: [{"input_ids": IDS[:8]}, {"input_ids": IDS[8:]}])


def outputs(model):
    return np.asarray(model({"input_ids": IDS})["logits"])


def test_a_share_of_nothing_is_the_model(model, evidence):
    assert parse("low_rank:0").apply(model, evidence) is model


def test_half_of_the_weights_are_cut_and_the_model_stays_as_it_was(model, evidence):
    before, weights = outputs(model), model.get_weights()
    small = parse("low_rank:0.5").apply(model, evidence)
    names = ("table", "convolution", "split", "inner", "shared", "logits")

    def count(of, *ends):
        return sum(
            np.prod(of.get_layer(name + end).weights[0].shape)
            for name in names
            for end in ends
            if (name + end) in {layer.name for layer in of.layers}
        )

    whole, now = count(model, ""), count(small, "", "_down")
    assert 0.4 * whole < now <= 0.5 * whole
    np.testing.assert_array_equal(outputs(model), before)
    for one, other in zip(model.get_weights(), weights, strict=True):
        np.testing.assert_array_equal(one, other)
    assert list(small.input) == ["input_ids"]
    assert list(small.output) == ["logits"]


def test_at_full_rank_the_model_is_the_same(model, evidence):
    found = find_layers(model, tables=True)
    moments = read_moments(model, found, evidence.inputs())
    factors = [split_matrix(each.matrix, own) for each, own in zip(found, moments, strict=True)]
    same = split_layers(model, found, factors, [min(each.shape) for each in found])
    assert len(same.layers) == len(model.layers) + 6
    np.testing.assert_allclose(outputs(same), outputs(model), atol=1e-5)


def test_what_was_split_is_split_again(model, evidence):
    """Names that two layers would have."""
    once = parse("low_rank:0.3").apply(model, evidence)
    twice = parse("low_rank:0.3").apply(once, evidence)
    names = [layer.name for layer in twice.layers]
    assert any(name.endswith("_down_1") for name in names)
    assert twice.count_params() < once.count_params() < model.count_params()
    assert outputs(twice).shape == outputs(model).shape


@pytest.mark.parametrize(
    "make",
    [
        lambda penalty: layers.Dense(24, activity_regularizer=penalty, name="it"),
        lambda penalty: layers.EinsumDense(
            "ab,bc->ac", 24, activity_regularizer=penalty, name="it"
        ),
        lambda penalty: layers.Embedding(30, 24, activity_regularizer=penalty, name="it"),
    ],
    ids=["dense", "einsum", "table"],
)
def test_what_is_asked_of_activations_is_asked_of_the_second_layer(make):
    it = make(keras.regularizers.L2(0.1))
    is_table = isinstance(it, layers.Embedding)
    inputs = keras.Input((12,), dtype="int32" if is_table else "float32")
    model = keras.Model(inputs, it(inputs))
    small = parse("low_rank:rank=4,error=weights").apply(model, Evidence(list))
    assert small.get_layer("it_down").activity_regularizer is None
    assert small.get_layer("it").activity_regularizer is not None


def test_attention_is_taken_apart_and_taps_find_the_blocks():
    student = students.transformer(50, 2, "tiny", seed=1)
    small = parse("low_rank:rank=8,tables=no").apply(student, Evidence(lambda: [IDS]))
    assert "block_0_attention_query_down" in {layer.name for layer in small.layers}
    states = tap(small)(IDS, reads=("logits", "hidden_states"))["hidden_states"]
    assert [each.shape[-1] for each in states] == [64, 64]


@pytest.mark.parametrize("error", ["inputs", "weights"])
def test_less_is_lost_the_less_is_cut(model, evidence, error):
    lost = [
        np.abs(outputs(parse(f"low_rank:{s},error={error}").apply(model, evidence)) - exact).mean()
        for exact in [outputs(model)]
        for s in (0.1, 0.8)
    ]
    assert lost[0] < lost[1]


def test_real_inputs_lose_less_than_weights_alone():
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((32,)), layers.Dense(40, name="dense")])
    rng = np.random.default_rng(0)
    inputs = (rng.normal(size=(400, 4)) @ rng.normal(size=(4, 32))).astype("float32")
    evidence = Evidence(lambda: [inputs[:200], inputs[200:]])
    by_inputs, by_weights = (
        parse(f"low_rank:rank=6,error={error}").apply(model, evidence)(inputs)
        for error in ("inputs", "weights")
    )
    exact = model(inputs)
    lost = [np.square(each - exact).mean() for each in (by_inputs, by_weights)]
    assert lost[0] < lost[1] / 1000


KINDS = {
    "dense": (DenseMatrix, lambda: layers.Dense(9, activation="relu"), (5, 7)),
    "einsum": (
        EinsumMatrix,
        lambda: layers.EinsumDense("abcd,cde->abe", (None, 9), bias_axes="e", activation="tanh"),
        (5, 3, 4),
    ),
    "any axes": (EinsumMatrix, lambda: layers.EinsumDense("...x,xyz->...yz", (4, 5)), (5, 7)),
    "table": (TableMatrix, lambda: layers.Embedding(11, 6), (5,)),
    "line": (
        ConvolutionMatrix,
        lambda: layers.Conv1D(8, 3, padding="causal", dilation_rate=2, activation="relu"),
        (9, 6),
    ),
    "steps": (ConvolutionMatrix, lambda: layers.Conv1D(8, 4, strides=2, padding="same"), (9, 6)),
    "picture": (ConvolutionMatrix, lambda: layers.Conv2D(8, (3, 2), strides=2), (9, 8, 4)),
    "wide": (ConvolutionMatrix, lambda: layers.Conv2D(8, 3, 1, "same", dilation_rate=2), (9, 8, 4)),
}


@pytest.mark.parametrize("name", KINDS)
def test_a_layer_is_its_matrix_and_at_full_rank_its_pair(name):
    kind, make, shape = KINDS[name]
    layer = make()
    inputs = tf.constant(np.random.default_rng(0).integers(0, 11, (4, *shape)).astype("float32"))
    inputs = tf.cast(inputs, "int32") if kind is TableMatrix else inputs
    exact = layer(inputs)
    assert kind.fits(layer)
    seen = kind(layer)
    rank = min(seen.shape)
    pair = seen.pair(rank)
    pair[1](pair[0](inputs))
    # Any two factors: those of the matrix and of itself as it is.
    identity = np.eye(rank, dtype="float32")
    first = seen.shape[0] == rank
    seen.set_weights(pair, *((identity, seen.matrix) if first else (seen.matrix, identity)))
    np.testing.assert_allclose(pair[1](pair[0](inputs)), exact, atol=1e-5)
    assert [each.name for each in pair] == [f"{layer.name}_down", layer.name]
    if kind is not TableMatrix:
        bias = 0 if len(layer.weights) == 1 else layer.weights[1]
        product = seen.rows(inputs) @ seen.matrix
        product = tf.reshape(product, exact.shape) + bias
        act = getattr(layer, "activation", None) or (lambda value: value)
        np.testing.assert_allclose(act(product), exact, atol=1e-4)


def test_ids_of_padding_are_not_counted(model, evidence):
    table = TableMatrix(model.get_layer("table"))
    dense = DenseMatrix(model.get_layer("inner"))
    counts, squares = read_moments(model, [table, dense], evidence.inputs())
    real = IDS[IDS > 0]
    np.testing.assert_array_equal(counts, np.bincount(real, minlength=50) + 1)
    before = keras.Model(model.inputs[0], dense.layer.input)
    got = before(IDS).numpy()[IDS > 0].astype("float64")
    expected = got.T @ got + np.eye(20) * np.square(got).sum() / len(real)
    np.testing.assert_allclose(squares, expected, rtol=1e-4)


def test_a_model_of_layers_hands_nothing_on_afterwards(model, evidence):
    read_moments(model, [DenseMatrix(model.get_layer("inner"))], evidence.inputs())
    assert "call" not in vars(model.get_layer("inner"))


@pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy")
def test_it_saves_loads_and_trains(model, evidence, tmp_path):
    small = parse("low_rank:rank=4").apply(model, evidence)
    small.save(tmp_path / "small.keras")
    loaded = keras.models.load_model(tmp_path / "small.keras")
    np.testing.assert_allclose(outputs(loaded), outputs(small), atol=1e-6)
    assert {type(layer).__module__.partition(".")[0] for layer in loaded.layers} == {"keras"}
    small.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    before = outputs(small)
    small.fit({"input_ids": IDS}, {"logits": np.arange(16) % 2}, verbose=0)
    assert np.abs(outputs(small) - before).max() > 0


def test_it_says_where_a_model_becomes_slower(model, evidence, caplog):
    with caplog.at_level(logging.INFO, "tfkd"):
        parse("low_rank:rank=4").apply(model, evidence)
        table = keras.Sequential([keras.Input((12,)), layers.Embedding(50, 16)])
        parse("low_rank:rank=4").apply(table, Evidence(lambda: [IDS]))
    assert "low_rank: 5 of 6 matrices are two now" in caplog.messages[0]
    assert "slower" not in caplog.messages[0]
    assert "smaller, and slower, since rows of tables are products now" in caplog.messages[1]


def test_tables_may_stay(model, evidence):
    small = parse("low_rank:rank=4,tables=no").apply(model, evidence)
    names = [layer.name for layer in small.layers]
    assert "inner_down" in names
    assert "table_down" not in names


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("low_rank:1", "less than 1"),
        ("low_rank:-0.1", "write 0 or more"),
        ("low_rank:nan", "write 0 or more"),
        ("low_rank:rank=0", "write 1 or more"),
        ("low_rank:0.5,rank=8", "needs either"),
        ("low_rank:tables=no", "needs either"),
        ("low_rank:0.5,tables=maybe", "write yes or no"),
        ("low_rank:0.5,error=mean", "write inputs or weights"),
    ],
)
def test_settings_that_cannot_be_are_refused(spec, words):
    with pytest.raises(UserError, match=words):
        parse(spec)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("low_rank:rank=64", "no matrix of .* becomes smaller beyond rank 12: write 1 to 12"),
        ("low_rank:0.99", "fewer weights than rank 1 takes: write at most 0.905"),
    ],
)
def test_models_that_cannot_be_cut_so_are_refused(model, spec, words):
    with pytest.raises(UserError, match=words):
        parse(spec).check(model)


def test_a_model_of_no_matrices_is_refused():
    model = keras.Sequential([keras.Input((3,)), layers.Dense(1)])
    with pytest.raises(UserError, match="finds nothing to split"):
        parse("low_rank:0.5").check(model)


def test_errors_of_inputs_need_inputs(model):
    with pytest.raises(UserError, match="give it data, or write error=weights"):
        parse("low_rank:0.5").apply(model, Evidence(list))


def test_inputs_have_to_be_finite():
    model = keras.Sequential([keras.Input((8,)), layers.Dense(8, name="dense")])
    with pytest.raises(UserError, match="what the layer 'dense' gets is not finite"):
        parse("low_rank:0.5").apply(model, Evidence(lambda: [np.full((2, 8), np.nan)]))
