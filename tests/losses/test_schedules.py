"""Weights and temperatures that change with the step are those of the step, and are seen."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf
from toys import linear

from tfkd import Distiller, HardLabels, Objective, Schedule, SoftTargets
from tfkd.errors import UserError
from tfkd.losses._batch import Batch

RNG = np.random.default_rng(0)
X = RNG.normal(size=(24, 5)).astype("float32")
Y = RNG.integers(0, 3, 24)
CONSTANT = Schedule(0.3, 0.3, 5, "constant")


def trained(objective, epochs=1, jit=False, **options):
    student = linear(seed=5)
    distiller = Distiller(student=student, teacher=linear(seed=1), objective=objective)
    distiller.compile(keras.optimizers.SGD(0.1), jit_compile=jit)
    data = {"batch_size": 8, "shuffle": False, "verbose": 0, "epochs": epochs, **options}
    return student, distiller.fit(X, Y, **data).history


@pytest.mark.parametrize("kind", ["linear", "cosine", "constant"])
def test_equals_numpy(kind):
    """A schedule that ends a step late, or runs on beyond its end."""
    schedule = Schedule(2.0, 6.0, steps=4, schedule=kind)
    share = np.minimum(np.arange(7) / 4, 1)
    share = {"linear": share, "cosine": (1 - np.cos(np.pi * share)) / 2, "constant": 0 * share}
    want = 2 + 4 * share[kind]
    np.testing.assert_allclose([float(schedule(step)) for step in range(7)], want, rtol=1e-6)


@pytest.mark.slow_but_one
@pytest.mark.parametrize("jit", [False, True])
def test_a_constant_schedule_is_the_number(jit):
    """A weight that is traced once, or counted twice."""
    fixed = 0.3 * HardLabels() + 0.7 * SoftTargets(temperature=2.0)
    moving = CONSTANT * HardLabels() + 0.7 * SoftTargets(temperature=Schedule(2.0, 2.0, 9))
    (one, logs), (two, want) = trained(moving, jit=jit), trained(fixed)
    for a, b in zip(one.get_weights(), two.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(logs["loss"], want["loss"], rtol=1e-5)
    np.testing.assert_allclose(logs["hard_labels_weight"], [0.3], rtol=1e-6)
    np.testing.assert_allclose(logs["soft_targets_temperature"], [2.0], rtol=1e-6)


def test_each_step_has_its_own_number():
    """Three steps by hand: weights of 1, 1/2 and 0."""
    objective = Schedule(1.0, 0.0, steps=2) * HardLabels()
    student, logs = trained(objective + 0.0 * SoftTargets())
    model, optimizer = linear(seed=5), keras.optimizers.SGD(0.1)
    model(X)
    total = 0.0
    for step, weight in enumerate((1.0, 0.5, 0.0)):
        x, y = X[8 * step : 8 * step + 8], Y[8 * step : 8 * step + 8]
        with tf.GradientTape() as tape:
            ids = tf.constant(y)
            loss = weight * tf.reduce_mean(
                tf.nn.sparse_softmax_cross_entropy_with_logits(ids, model(x))
            )
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        total += float(loss) / 3
    for a, b in zip(student.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(logs["loss"], [total], rtol=1e-5)
    np.testing.assert_allclose(logs["hard_labels_weight"], [0.5], rtol=1e-6)


def test_it_goes_on_where_it_was():
    """A second epoch that begins at the first temperature again."""
    objective = SoftTargets(temperature=Schedule(8.0, 2.0, steps=6)) + HardLabels()
    _, logs = trained(objective, epochs=3)
    np.testing.assert_allclose(logs["soft_targets_temperature"], [7.0, 4.0, 2.0], rtol=1e-5)


def test_evaluation_reports_no_weights():
    """Numbers of the last training step among those of the validation data."""
    _, logs = trained(CONSTANT * HardLabels(), validation_data=(X, Y))
    assert {name for name in logs if name.startswith("val_")} == {"val_loss", "val_hard_labels"}
    np.testing.assert_allclose(logs["val_loss"], 0.3 * np.array(logs["val_hard_labels"]), rtol=1e-5)


def test_any_function_of_the_step():
    """A rule that no paper has thought of."""
    _, logs = trained((lambda step: 1.0 / (1.0 + step)) * HardLabels(), epochs=1)
    np.testing.assert_allclose(logs["hard_labels_weight"], [(1 + 1 / 2 + 1 / 3) / 3], rtol=1e-5)


def test_config_round_trip():
    """A schedule that comes back from its file as a table."""
    objective = Schedule(1.0, 0.1, 10, "cosine") * HardLabels() + 0.5 * SoftTargets(
        temperature=Schedule(8.0, 1.0, 100)
    )
    again = Objective.from_config(json.loads(json.dumps(objective.get_config())))
    assert again == objective
    assert (0.5 * objective).terms[0][0] == Schedule(0.5, 0.05, 10, "cosine")
    loss = objective.terms[1][1]
    assert SoftTargets(**json.loads(json.dumps(loss.get_config()))) == loss
    sides = ({"logits": tf.constant([[v, 0.0]])} for v in (0.0, 2.0))
    assert loss.at(0).temperature == 8.0
    assert loss.at(100)(*sides, Batch()).shape == (1,)
    with pytest.raises(UserError, match=r"cannot be written to a file: write tfkd\.Schedule"):
        ((lambda step: step) * HardLabels()).get_config()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Schedule(1.0, -1.0, 5), "write numbers >= 0"),
        (lambda: Schedule(1.0, 1.0, 0), "a schedule of 0 steps"),
        (lambda: Schedule(1.0, 1.0, 1, "steps"), "write one of 'constant', 'linear'"),
        (lambda: SoftTargets(temperature=Schedule(2.0, 0.0, 5)), r"temperature is 0\.0"),
        (lambda: CONSTANT * (CONSTANT * HardLabels()), "multiplied by numbers only"),
        (
            lambda: Objective.from_config(
                {"terms": [{"loss": "HardLabels", "weight": {"schedule": "linear", "from": 1}}]}
            ),
            "the schedule .*from",
        ),
    ],
)
def test_impossible_schedules(make, words):
    """A temperature of nothing at the end of the night."""
    with pytest.raises(UserError, match=words):
        make()
