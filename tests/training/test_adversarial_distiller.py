"""Attacks on embeddings: their sums by hand, what they leave as it is, and who is refused."""

import json
import os
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from toys import linear, mlp

from tfkd import HardLabels, LogitError, SoftTargets, UserError
from tfkd.training.adversarial_distiller import AdversarialDistiller
from tfkd.training.attacks import FastGradient, VirtualAdversary, draw_direction

WORDS, WIDTH, CLASSES = 7, 4, 3


def reader(seed=0):
    """Embeddings, their sum over the text without padding, and one layer on it."""
    ids = keras.Input((None,), dtype="int32", name="input_ids")
    table = keras.layers.Embedding(WORDS, WIDTH, name="token_embedding")
    there = keras.ops.cast(keras.ops.not_equal(ids, 0), "float32")[..., None]
    total = keras.ops.sum(table(ids) * there, axis=1)
    model = keras.Model(ids, keras.layers.Dense(CLASSES, name="logits")(total))
    rng = np.random.default_rng(seed)
    model.set_weights([rng.normal(size=w.shape) for w in model.get_weights()])
    return model


def texts(count=6, length=5, padding=0):
    """Ids, the teacher's logits and labels, as batches hold them."""
    rng = np.random.default_rng(1)
    ids = rng.integers(1, WORDS, (count, length)).astype("int32")
    ids = np.pad(ids, ((0, 0), (0, padding)))
    targets = rng.normal(size=(count, CLASSES)).astype("float32")
    return {"student": ids, "targets": {"logits": targets}}, rng.integers(0, CLASSES, count)


def soften(logits):
    powers = np.exp(logits - logits.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def gradients_of(distiller, x, y):
    """The gradients that one step follows, by a rate of 1 without momentum."""
    before = [w.copy() for w in distiller.student.get_weights()]
    distiller.compile(keras.optimizers.SGD(1.0), jit_compile=False)
    logs = distiller.train_on_batch(x, y, return_dict=True)
    after = distiller.student.get_weights()
    return [a - b for a, b in zip(before, after, strict=True)], logs


def test_the_fast_gradient_by_hand():
    """A change of another length or direction, a teacher that is asked again, a wrong mean."""
    x, y = texts()
    model = reader()
    table, kernel, bias = (w.astype("float64") for w in model.get_weights())
    found, logs = gradients_of(
        AdversarialDistiller(
            student=model, objective=SoftTargets(temperature=1.0), attack=FastGradient(0.7)
        ),
        x,
        y,
    )
    wanted = soften(x["targets"]["logits"].astype("float64"))
    total = table[x["student"]].sum(1)
    # Of a sum, each token's gradient is that of the sum, and so is its part of the change.
    slope = (soften(total @ kernel + bias) - wanted) @ kernel.T
    length = x["student"].shape[1]
    change = slope / (np.linalg.norm(slope, axis=1, keepdims=True) * np.sqrt(length))
    change *= 0.7 * np.sqrt((table**2).sum(1).mean())
    kernel_gradient, loss = 0.0, 0.0
    for moved in (total, total + length * change):
        given = soften(moved @ kernel + bias)
        kernel_gradient = kernel_gradient + moved.T @ (given - wanted) / len(moved)
        loss += (wanted * (np.log(wanted) - np.log(given))).sum(1).mean()
    np.testing.assert_allclose(found[1], kernel_gradient, atol=1e-5)
    assert logs["loss"] == pytest.approx(loss, abs=1e-5)
    assert logs["soft_targets"] < logs["loss"] / 2  # the attack hurts


def test_a_virtual_adversary_moves_the_own_answers_most():
    """A change of random direction, or the teacher's answers as the target of the second pass."""
    x, y = texts()
    losses = {}
    for kind, attack in (("vat", VirtualAdversary(0.5)), ("fgm", FastGradient(0.5))):
        objective = 1e-6 * SoftTargets(temperature=1.0)
        distiller = AdversarialDistiller(student=reader(), objective=objective, attack=attack)
        losses[kind] = gradients_of(distiller, x, y)[1]["loss"]
    model = reader()
    table, kernel, bias = model.get_weights()
    total = table[x["student"]].sum(1)
    own, length = soften(total @ kernel + bias), np.sqrt((table**2).sum(1).mean()) * 0.5
    rng, random = np.random.default_rng(0), []
    for _ in range(50):
        change = rng.normal(size=total.shape)
        change *= length * np.sqrt(5) / np.linalg.norm(change, axis=1, keepdims=True)
        given = soften((total + change) @ kernel + bias)
        random.append((own * (np.log(own) - np.log(given))).sum(1).mean())
    assert losses["vat"] > np.mean(random) * 1.3
    assert losses["fgm"] < 1e-4  # its target and weight are the objective's


@pytest.mark.parametrize("attack", [FastGradient(), VirtualAdversary()])
def test_padding_and_order_change_nothing(attack):
    """Replicas pad their shares of a batch as long as these are, and get other rows first."""
    (x, y), (padded, _) = texts(), texts(padding=3)
    order = np.array([3, 1, 5, 0, 2, 4])
    turned = {
        "student": padded["student"][order],
        "targets": {"logits": padded["targets"]["logits"][order]},
    }
    objective = HardLabels() + SoftTargets(temperature=2.0)
    one, other = (
        gradients_of(
            AdversarialDistiller(student=reader(), objective=objective, attack=attack), *each
        )[0]
        for each in ((x, y), (turned, y[order]))
    )
    for a, b in zip(one, other, strict=True):
        np.testing.assert_allclose(a, b, atol=2e-5)


@pytest.mark.slow
def test_two_replicas_make_the_update_of_one(python):
    """Changes of a share's own loss, or a mean over the share, which has other texts."""
    folder = Path(__file__).parent
    script = (folder / "attacked_replicas.py").read_text("utf-8")
    paths = [str(folder), str(folder.parent), str(folder.parents[1])]
    moved = json.loads(python(script, env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)}))
    assert max(moved) < 1e-5
    assert len(moved) == 2


def test_evaluations_and_the_student_are_those_of_a_distiller(tmp_path):
    """A student that is attacked where it is used, or whose file knows of an attack."""
    x, y = texts()
    plain, attacked = reader(), reader()
    objective = HardLabels() + SoftTargets()
    other = AdversarialDistiller(student=attacked, objective=objective, example=(x, y))
    other.compile(keras.optimizers.SGD(0.0), jit_compile=False)
    other.train_on_batch(x, y)
    expected = plain(x["student"]).numpy()
    np.testing.assert_array_equal(other(x["student"]).numpy(), expected)
    other.save(tmp_path / "student.keras")
    again = keras.models.load_model(tmp_path / "student.keras", compile=False)
    np.testing.assert_array_equal(again(x["student"]).numpy(), expected)


def test_directions_are_the_same_for_any_batch():
    """Another direction for the same text in a longer batch."""
    short, long = (draw_direction(tf.constant([2, t, 3]), tf.constant(4)) for t in (5, 8))
    np.testing.assert_allclose(short, long[:, :5], atol=1e-6)
    assert np.abs(short - draw_direction(tf.constant([2, 5, 3]), tf.constant(5))).max() > 0.1


def test_float16_does_not_lose_small_gradients():
    """Squares of gradients of 1e-6, which are 0 in float16, and a change that is NaN."""
    keras.mixed_precision.set_global_policy("mixed_float16")
    try:
        model = reader()
        distiller = AdversarialDistiller(student=model, objective=SoftTargets())
        distiller.compile(keras.optimizers.Adam(1e-3), jit_compile=False)
        logs = distiller.train_on_batch(*texts(), return_dict=True)
    finally:
        keras.mixed_precision.set_global_policy("float32")
    assert np.isfinite(logs["loss"])
    assert logs["loss"] > logs["soft_targets"] * 1.5


@pytest.mark.parametrize(
    ("student", "options", "words"),
    [
        (lambda: mlp(), {}, "has no table of embeddings to change"),
        (lambda: linear(keras=pytest.importorskip("tf_keras")), {}, "is none: leave perturb out"),
        (
            reader,
            {"attack": VirtualAdversary(), "objective": LogitError(form="regression")},
            "vat compares probabilities",
        ),
    ],
)
def test_refused(student, options, words):
    """Images, another Keras, numbers: an error from inside a trace."""
    with pytest.raises(UserError, match=words):
        AdversarialDistiller(student=student(), **options)


class Reading(keras.Model):
    """A model that has a larger table than the one that it reads."""

    def __init__(self):
        super().__init__()
        self.read = keras.layers.Embedding(WORDS, WIDTH)
        self.unread = keras.layers.Embedding(10 * WORDS, WIDTH, name="unread")
        self.out = keras.layers.Dense(CLASSES)

    def call(self, ids):
        return self.out(keras.ops.sum(self.read(ids), axis=1))


def test_a_table_that_is_not_read():
    """A second pass like the first one, for which a training takes twice as long."""
    x, y = texts()
    model = Reading()
    model.unread.build(None)
    model(x["student"])
    distiller = AdversarialDistiller(student=model, objective=HardLabels())
    distiller.compile("sgd", jit_compile=False, run_eagerly=True)
    with pytest.raises(UserError, match="does not read its table 'unread'"):
        distiller.train_on_batch(x["student"], y)
