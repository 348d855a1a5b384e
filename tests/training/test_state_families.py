"""Losses on the states of a model that writes count the tokens of the right side."""

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from tfkd import Attention, Distiller, Hint, Similarity, UserError, tap
from tfkd.students import seq2seq

# Equally long, with unlike padding; and a target that is shorter.
SOURCES = np.array([[2, 5, 9, 7, 3], [2, 8, 3, 0, 0], [2, 3, 0, 0, 0]], "int32")
TARGETS = np.array([[2, 9, 0, 0, 0], [2, 7, 6, 5, 4], [2, 4, 5, 0, 0]], "int32")
SHORTER = TARGETS[:, :4]
SIDES = {"source": "encoder_1", "target": "decoder_0"}
both = pytest.mark.parametrize("targets", [TARGETS, SHORTER], ids=["equal", "unequal"])
sides = pytest.mark.parametrize("side", SIDES)


@pytest.fixture(scope="module")
def models():
    return [seq2seq(40, "tiny", seed=seed, dropout=0.0) for seed in (1, 2)]


def distil(models, objective, inputs, student, teacher=None):
    """Evaluate an objective on named layers of both models."""
    taps = [tap(models[0], **student), tap(models[1], **(teacher or student))]
    distiller = Distiller(student=taps[0], teacher=taps[1], objective=objective)
    distiller.compile(teacher_in_evaluate=True, run_eagerly=True)
    zeros = np.zeros(inputs["decoder_input_ids"].shape, "int32")
    logs = distiller.evaluate(inputs, zeros, verbose=0, return_dict=True, batch_size=3)
    states = [
        each(inputs, reads=("logits", *student))[name]
        for each, name in zip(taps, [*student, *student], strict=False)
    ]
    return logs["loss"], [[np.asarray(one) for one in side] for side in states]


def inputs_of(targets):
    return {"input_ids": SOURCES, "decoder_input_ids": targets}


@both
@sides
def test_a_hint_counts_the_tokens_of_its_side(models, targets, side):
    inputs = inputs_of(targets)
    layers = {"hidden_states": [SIDES[side]]}
    loss, ((mine,), (theirs,)) = distil(models, Hint(layers=((0, 0),)), inputs, layers)
    there = (SOURCES if side == "source" else targets) != 0
    squares = np.mean(np.square(mine - theirs), axis=-1)
    expected = np.mean([row[counts].mean() for row, counts in zip(squares, there, strict=True)])
    np.testing.assert_allclose(loss, expected, rtol=1e-5)


@both
@sides
def test_attentions_to_its_own_side(models, targets, side):
    inputs = inputs_of(targets)
    layers = {"attentions": [f"{SIDES[side]}_self_weights"]}
    loss, ((mine,), (theirs,)) = distil(models, Attention(layers=((0, 0),)), inputs, layers)
    there = (SOURCES if side == "source" else targets) != 0
    expected = [
        np.square(m - t)[:, counts][:, :, counts].mean()
        for m, t, counts in zip(mine, theirs, there, strict=True)
    ]
    np.testing.assert_allclose(loss, np.mean(expected), rtol=1e-5)


@both
def test_a_loss_for_each_side(models, targets):
    layers = {"hidden_states": list(SIDES.values())}
    one, two = Hint(layers=((0, 0),)), Hint(layers=((1, 1),))
    parts = [distil(models, loss, inputs_of(targets), layers)[0] for loss in (one, two)]
    whole, _ = distil(models, one + two, inputs_of(targets), layers)
    np.testing.assert_allclose(whole, sum(parts), rtol=1e-5)


@both
def test_pooled_states_of_either_side_are_averaged_over_their_own_tokens(models, targets):
    inputs = inputs_of(targets)
    loss, (mine, theirs) = distil(
        models,
        Similarity(layers=((0, 0),)),
        inputs,
        {"hidden_states": ["encoder_1"]},
        {"hidden_states": ["decoder_0"]},
    )
    vectors = [
        np.stack([row[counts].mean(0) for row, counts in zip(states, ids != 0, strict=True)])
        for (states,), ids in ((mine, SOURCES), (theirs, targets))
    ]
    normed = [side @ side.T for side in vectors]
    normed = [side / np.linalg.norm(side, axis=1, keepdims=True) for side in normed]
    expected = np.sum(np.square(normed[0] - normed[1])) / len(SOURCES) ** 2
    np.testing.assert_allclose(loss, expected, rtol=1e-4)


@both
def test_what_cannot_be_weighed_is_refused_before_training(models, targets):
    inputs, layers = inputs_of(targets), {"hidden_states": list(SIDES.values())}
    with pytest.raises(UserError, match="of the source and of the target in one"):
        distil(models, Hint(layers=((0, 0), (1, 1))), inputs, layers)
    cross = {"attentions": ["decoder_0_cross_weights"]}
    with pytest.raises(UserError, match="source and target, whose padding"):
        distil(models, Attention(layers=((0, 0),)), inputs, cross)
    one, other = ({"hidden_states": [name]} for name in SIDES.values())
    with pytest.raises(UserError, match="the student's source with states of the teacher's target"):
        distil(models, Hint(layers=((0, 0),)), inputs, one, other)


def fixed(length):
    """A model that writes with one length alone."""
    tokens = {
        name: keras.Input((length,), dtype="int32", name=name)
        for name in ("input_ids", "decoder_input_ids")
    }
    read = keras.layers.Embedding(40, 8, name="encoder_states")(tokens["input_ids"])
    hidden = keras.layers.Embedding(40, 8)(tokens["decoder_input_ids"])
    hidden = keras.layers.Add(name="decoder_states")([hidden, keras.ops.mean(read, 1, True)])
    return keras.Model(tokens, keras.layers.Dense(40)(hidden))


def test_one_length_for_both_sides_is_refused():
    models = [fixed(5), fixed(5)]
    with pytest.raises(UserError, match="pad the target to another length"):
        distil(
            models,
            Hint(layers=((0, 0),)),
            inputs_of(TARGETS),
            {"hidden_states": ["encoder_states"]},
        )


def test_training_on_a_batch_alone_asks_for_an_example(models):
    layers = {"hidden_states": ["encoder_1"]}
    taps = [tap(model, **layers) for model in models]
    batch = (inputs_of(TARGETS), np.zeros(TARGETS.shape, "int32"))
    known = {"student": taps[0], "teacher": taps[1], "objective": Hint(layers=((0, 0),))}
    distiller = Distiller(**known)
    distiller.compile(run_eagerly=True)
    with pytest.raises(UserError, match="example="):
        distiller.train_on_batch(*batch)
    distiller = Distiller(**known, example=batch)
    distiller.compile(run_eagerly=True)
    distiller.train_on_batch(*batch)
