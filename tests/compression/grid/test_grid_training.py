"""Weights through a training on the grid: what layers read, what moves, what is left at the end."""

import json
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from grid_training import STEPS, X, Y, student, train

from tfkd import export
from tfkd.compression import Evidence, parse
from tfkd.compression.grid.rule import RoundedWeights, round_straight_through
from tfkd.exporting.weight_grids import Grid

CHANNELS = Grid((4, 2), (1, 0), (2, 4), (1,), 4)
VALUE = tf.constant([[7.0, -14.0], [3.4, 3.0], [-1.2, 0.9], [0.4, -1.1]])
ROUNDED = [[7.0, -14.0], [3.0, 4.0], [-1.0, 0.0], [0.0, -2.0]]


@pytest.fixture(scope="module")
def trained():
    """A student that was trained on the grid of 4 bits, and what `finish` made of it."""
    distiller, rule = train("grid:int4")
    exact = [variable.numpy() for variable in rule.variables]
    score = distiller.evaluate(X, Y, batch_size=64, verbose=0, return_dict=True)
    parse("grid:int4").finish(distiller.student)
    return distiller, rule, exact, score


def test_layers_read_rounded_weights_and_gradients_pass_straight_through():
    """The gradient is the one at the rounded weights: 2 q, though rounding is flat."""
    variable = keras.Variable(VALUE)
    rule = RoundedWeights([(variable, CHANNELS)])
    with tf.GradientTape() as tape:
        read = rule.read(variable)
        loss = tf.reduce_sum(read**2)
    np.testing.assert_allclose(read, ROUNDED)
    np.testing.assert_allclose(tape.gradient(loss, variable.value), 2 * np.array(ROUNDED))


def test_rows_of_a_table_get_the_gradient_of_their_look_ups():
    table = tf.Variable(VALUE)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.gather(round_straight_through(table, CHANNELS), [1, 1, 3]))
    np.testing.assert_array_equal(tape.gradient(loss, table), [[0, 0], [2, 2], [0, 0], [1, 1]])


def test_training_moves_what_is_rounded(trained):
    """Not only the exact weights, of which none lies on the grid: so do the rounded ones move."""
    _, rule, exact, _ = trained
    start = {v.path: v.numpy() for v in parse("grid:int4").apply(student(), Evidence(list)).weights}
    for variable, value in zip(rule.variables, exact, strict=True):
        assert np.abs(variable.numpy() - value).max() > 0
    moved = {v.path for v in rule.variables if np.abs(v.numpy() - start[v.path]).max() > 1e-2}
    assert moved >= {"inner/kernel", "logits/kernel"}


def test_what_was_evaluated_is_what_is_left(trained):
    """Layers of the last evaluation read the weights that `finish` leaves."""
    distiller, _, _, before = trained
    after = distiller.evaluate(X, Y, batch_size=64, verbose=0, return_dict=True)
    assert after == pytest.approx(before, abs=1e-6)


def test_finishing_twice_changes_nothing(trained):
    distiller, _, _, _ = trained
    before = distiller.student.get_weights()
    parse("grid:int4").finish(distiller.student)
    for one, two in zip(before, distiller.student.get_weights(), strict=True):
        np.testing.assert_allclose(one, two, rtol=0, atol=1e-7)


def test_its_file_holds_the_trained_weights(trained, tmp_path):
    distiller, rule, _, _ = trained
    given = {"quantize": "int4", "check": X, "calibration": X, "tolerance": 1.0}
    made = export(distiller.student, tmp_path / "a.tflite", **given)
    assert made.kept_weights == sum(variable.numpy().size for variable in rule.variables)


@pytest.mark.slow
def test_a_resumed_training_is_the_same(trained, tmp_path):
    class Killed(Exception):
        pass

    class Kill(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == STEPS // 8:
                raise Killed

    with pytest.raises(Killed):
        train("grid:int4", backup=tmp_path, callbacks=[Kill()])
    _, rule = train("grid:int4", backup=tmp_path)
    for variable, value in zip(rule.variables, trained[2], strict=True):
        np.testing.assert_array_equal(variable, value)


@pytest.mark.slow
@pytest.mark.parametrize("options", [{"steps_per_execution": 2}, {"jit_compile": True}])
def test_however_it_is_compiled(trained, options):
    _, rule = train("grid:int4", **options)
    for variable, value in zip(rule.variables, trained[2], strict=True):
        np.testing.assert_allclose(variable, value, rtol=0, atol=1e-4)


@pytest.mark.slow
def test_two_replicas_train_as_one():
    script = Path(__file__).with_name("grid_training.py")
    paths = [str(script.parents[3]), str(script.parents[2])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    run = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, env=environment, timeout=300
    )
    assert run.returncode == 0, run.stderr[-3000:]
    gaps = json.loads(run.stdout.strip().splitlines()[-1])
    assert max(gaps.values()) < 1e-5
