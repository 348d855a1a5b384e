"""Pruning by its specs."""

import json

import keras
import numpy as np
import prunable
import pytest

from tfkd import UserError
from tfkd.compression import Evidence, parse
from tfkd.models.saving import save_keras
from tfkd.students import bilstm

NOTHING = Evidence(list)


@pytest.fixture(scope="module")
def encoder():
    return prunable.attention()


def test_a_share_of_nothing_equals_the_original(encoder):
    same = parse("prune:0").apply(encoder, NOTHING)
    inputs = prunable.inputs_of(encoder)
    assert same is not encoder
    np.testing.assert_array_equal(same(inputs), encoder(inputs))


def test_a_share_of_nothing_of_a_sequential_model():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4), keras.layers.Dense(2)])
    same = parse("prune:0").apply(model, NOTHING)
    ones = np.ones((1, 3))
    np.testing.assert_array_equal(same(ones), model(ones))


def _two_layers():
    """Units that give 2, 1 and 0.2 for ones, and count 1, 1 and 4 times."""
    given = keras.Input((2,))
    hidden = keras.layers.Dense(3, use_bias=False, name="hidden")(given)
    model = keras.Model(given, keras.layers.Dense(1, use_bias=False)(hidden), name="three")
    model.set_weights([np.array([[1, 2, 0.1], [1, -1, 0.1]]), np.array([[1], [1], [4]])])
    return model


def _gradients_of_sum(model):
    import tensorflow as tf

    with tf.GradientTape() as tape:
        total = tf.reduce_sum(model(np.ones((1, 2), "float32")))
    yield tape.gradient(total, model.trainable_variables)


@pytest.mark.parametrize(
    ("score", "kept"),
    [
        # gradient times weight of both layers together: 4, 2 and 1.6
        ("gradient", [0, 1]),
        # norms: the roots of 3, 6 and 16.02
        ("norm", [1, 2]),
    ],
)
def test_the_unit_of_the_lowest_score_is_cut(score, kept):
    model = _two_layers()
    before = model.get_weights()
    evidence = Evidence(list, _gradients_of_sum)
    smaller = parse(f"prune:units=0.3,score={score}").apply(model, evidence)
    first, second = smaller.get_weights()
    np.testing.assert_array_equal(first, before[0][:, kept])
    np.testing.assert_array_equal(second, before[1][kept])
    np.testing.assert_array_equal(model.get_weights()[0], before[0])


def test_what_is_frozen_has_a_norm_too():
    """All norms were 0, and the first units were cut."""
    model = _two_layers()
    first, second = model.get_weights()
    # The last unit has the lowest norm.
    model.set_weights([first[:, ::-1], second[::-1]])
    model.trainable = False
    smaller = parse("prune:units=0.3,score=norm").apply(model, NOTHING)
    np.testing.assert_array_equal(smaller.get_weights()[1], second[[2, 1]])


def test_steps_cut_as_much_of_the_original_each():
    parts = parse("prune:units=0.6,steps=3,score=norm").parts()
    assert [part.shares["units"] for part in parts] == pytest.approx([0.2, 0.25, 1 / 3])
    given = keras.Input((3,))
    model = keras.Model(given, keras.layers.Dense(2)(keras.layers.Dense(10, name="hidden")(given)))
    units = []
    for part in parts:
        model = part.apply(model, NOTHING)
        units.append(model.get_layer("hidden").units)
    assert units == [8, 6, 4]


@pytest.mark.parametrize("steps", [2, 5])
def test_steps_of_one_budget_reach_it_together(steps):
    """Where each cut a little more than its share, the last found too little, after a training."""
    model = prunable.dense_net()
    at_once = parse("prune:0.9,score=norm").apply(model, NOTHING)
    parts = parse(f"prune:0.9,score=norm,steps={steps}").parts()
    for part in parts:
        part.check(prunable.dense_net())
        model = part.apply(model, NOTHING)
    assert model.count_params() == at_once.count_params()
    # 0.31, 0.45 and 0.82 by themselves can be cut.
    with pytest.raises(UserError, match=r"a share of 0\.93, and 0\.904 is the most"):
        parse("prune:0.93,steps=3").parts()[0].check(prunable.dense_net())


def test_one_budget_is_a_share_of_the_weights_of_heads_units_and_channels(encoder):
    smaller = parse("prune:0.5,score=norm").apply(encoder, NOTHING)
    # Kernels and biases of two attentions and feed-forward layers, but for the outputs' biases.
    able = 2 * (3 * (8 * 8 + 8) + 8 * 8 + 8 * 12 + 12 + 12 * 8)
    gone = encoder.count_params() - smaller.count_params()
    assert able / 2 <= gone <= able / 2 + 2 * (3 * (8 + 1) + 8)
    assert smaller.get_layer("words").output_dim == 8


def test_kinds_are_cut_by_their_shares_and_what_taps_find_stays(encoder):
    spec = "prune:heads=0.5,units=0.75,width=0.25,layers=0.5,score=norm"
    smaller = parse(spec).apply(encoder, NOTHING)
    (block,) = (each.name for each in smaller.layers if each.name in ("block_0", "block_1"))
    kernels = [smaller.get_layer(f"{block}_{n}").kernel.shape for n in ("query", "inner", "output")]
    assert kernels == [(6, 4), (6, 3), (4, 6)]
    assert smaller.get_layer(f"{block}_query_heads").target_shape == (-1, 2, 2)


def test_composite_attention_is_taken_apart_first():
    from tfkd.students import transformer

    model = transformer(30, 2, "tiny", width=8, heads=2)
    smaller = parse("prune:heads=0.5,units=0.5,score=norm").apply(model, NOTHING)
    assert smaller.get_layer("block_0_attention_query").kernel.shape == (8, 4)
    assert smaller.get_layer("block_0_inner").units == 16
    assert smaller(np.ones((1, 4), "int32")).shape == (1, 2)


def test_it_saves_and_loads_without_this_library(encoder, tmp_path):
    smaller = parse("prune:0.5,score=norm").apply(encoder, NOTHING)
    assert "tfkd" not in json.dumps(smaller.get_config(), default=str)
    save_keras(smaller, tmp_path / "smaller.keras")
    loaded = keras.models.load_model(tmp_path / "smaller.keras")
    inputs = prunable.inputs_of(encoder)
    np.testing.assert_array_equal(loaded(inputs), smaller(inputs))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1", "share is 1.0: write the share that is cut, at least 0 and below 1"),
        ("-0.1", "share is -0.1: write the share"),
        ("nan", "share is nan: write the share"),
        ("heads=1.5", "heads is 1.5: write the share"),
        ("0.4,heads=0.5", "write one share for all, as prune:0.4, or shares by kind"),
        ("score=norm", "write one share for all"),
        ("0.4,score=taylor", "score is 'taylor': write one of gradient, norm"),
        ("0.4,steps=0", "steps is 0: write a number from 1 to 100"),
        ("rows=0.5", "'rows=0.5' is no setting"),
    ],
)
def test_what_cannot_be_is_refused(text, said):
    with pytest.raises(UserError, match=said):
        parse(f"prune:{text}")


def _alone():
    given = keras.Input((3,))
    return keras.Model(given, keras.layers.Dense(2)(given), name="alone")


@pytest.mark.parametrize(
    ("build", "text", "said"),
    [
        (prunable.dense_net, "heads=0.5", "no heads that can be cut: it has 14 units in 2 layers"),
        (prunable.dense_net, "units=0.01", "cuts nothing of 'dense': of 14 units in 2 layers"),
        (prunable.dense_net, "0.99", r"0\.9\d+ is the most that can be cut"),
        (_alone, "0.4", "no heads, units or channels that can be cut: nothing else"),
        (lambda: bilstm(30, 2, "tiny"), "units=0.5", "What Bidirectional reads and makes stays"),
    ],
)
def test_a_model_that_has_nothing_of_it_is_refused(build, text, said):
    with pytest.raises(UserError, match=said):
        parse(f"prune:{text}").check(build())


def test_a_gradient_needs_a_loss(encoder):
    parse("prune:0.5").check(encoder)
    with pytest.raises(UserError, match=r"there is none: write score=norm"):
        parse("prune:0.5").apply(encoder, NOTHING)


def test_a_gradient_that_is_no_number_is_refused():
    def gradients(model):
        yield [np.full(each.shape, np.nan) for each in model.trainable_variables]

    with pytest.raises(UserError, match="no finite number"):
        parse("prune:0.5").apply(_two_layers(), Evidence(list, gradients))


def test_what_the_loss_does_not_reach_is_not_cut():
    given = keras.Input((2,))
    names = ("one", "other")
    ends = [keras.layers.Dense(1)(keras.layers.Dense(4, name=n)(given)) for n in names]
    model = keras.Model(given, ends)

    def gradients(model):
        reached = {id(w) for n in names[:1] for w in model.get_layer(n).weights}
        for _ in range(2):
            yield [w.numpy() if id(w) in reached else None for w in model.trainable_variables]

    smaller = parse("prune:units=0.5").apply(model, Evidence(list, gradients))
    assert [smaller.get_layer(n).units for n in names] == [2, 4]


@pytest.mark.parametrize("text", ["units=0.5", "0.4", "layers=0.5"])
def test_what_is_frozen_is_not_cut_by_a_gradient(encoder, text):
    def gradients(model):
        yield [None for _ in model.trainable_variables]

    with pytest.raises(UserError, match="does not reach what is to be cut of 'attention'"):
        parse(f"prune:{text}").apply(encoder, Evidence(list, gradients))


def test_files_of_what_was_pruned_are_smaller_and_give_the_same(tmp_path):
    from tfkd.exporting.calling import signature_of
    from tfkd.exporting.convert import flatbuffer
    from tfkd.runtime.interpreter import LiteRT
    from tfkd.runtime.quantisations import KINDS

    model = prunable.attention(layers=1)
    smaller = parse("prune:0.5,score=norm").apply(model, NOTHING)
    calls = [signature_of(each).fixed(3, 7) for each in (model, smaller)]
    files = [flatbuffer(each, KINDS["float32"]) for each in calls]
    assert len(files[1]) < len(files[0])
    (tmp_path / "smaller.tflite").write_bytes(files[1])
    ids = prunable.inputs_of(model)
    (name,) = calls[1].inputs
    found = LiteRT(tmp_path / "smaller.tflite")({name: ids})
    np.testing.assert_allclose(found["logits"], smaller(ids), atol=1e-5)


@pytest.mark.parametrize("steps", [1, 2, 5, 10])
def test_steps_cut_as_many_heads_as_at_once_or_say_so(steps):
    """Half of four heads in ten steps was none of them."""
    given = keras.Input((6, 32))
    attention = keras.layers.MultiHeadAttention(4, 8, name="att")(given, given)
    hidden = keras.layers.Dense(64, "relu")(keras.layers.Add()([given, attention]))
    pooled = keras.layers.GlobalAveragePooling1D()(hidden)
    model = keras.Model(given, keras.layers.Dense(3)(pooled))
    part = parse(f"prune:heads=0.5,units=0.5,score=norm,steps={steps}").parts()[0]
    if steps < 5:
        part.check(model)
        return
    with pytest.raises(UserError, match=rf"in {steps} steps, which leave [34] of 4 and not 2"):
        part.check(model)
