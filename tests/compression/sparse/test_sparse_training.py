"""Zeros through a training: with every optimizer, compiled in every way, resumed, on replicas."""

import itertools
import json
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from sparse_training import STEPS, kernels, shares, student, train

import tfkd
from tfkd.compression import parse
from tfkd.files import gzip_size
from tfkd.models.saving import quiet_save
from tfkd.models.zeros import share_of_zeros
from tfkd.runtime.zeros_in_files import share_of_zeros_in_file


@pytest.fixture(scope="module")
def uninterrupted():
    return train("sparse:0.75,every=3")


def test_the_share_is_exact_and_the_rest_has_learnt(uninterrupted):
    assert shares(uninterrupted) == [0.75] * 7
    moved = zip(kernels(uninterrupted), kernels(student()), strict=True)
    assert all((new[new != 0] != old[new != 0]).all() for new, old in moved)


@pytest.mark.parametrize(
    ("optimizer", "options"),
    [
        ("momentum", {}),
        ("adamw", {"steps_per_execution": 3}),
        ("adamw", {"policy": "mixed_float16"}),
        pytest.param("momentum", {"policy": "mixed_bfloat16"}, marks=pytest.mark.slow),
        pytest.param("average", {}, marks=pytest.mark.slow),
        pytest.param("adamw", {"run_eagerly": True}, marks=pytest.mark.slow),
        # Most of its time goes to what XLA makes of attention.
        pytest.param("adamw", {"jit_compile": True}, marks=pytest.mark.slow),
    ],
)
def test_zeros_stay_and_their_share_grows(optimizer, options):
    seen = []

    class Watch(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            seen.append(kernels(self.model.student))

    train("sparse:0.75", optimizer, callbacks=[Watch()], **options)
    for one, two in itertools.pairwise(seen):
        assert all((new[old == 0] == 0).all() for old, new in zip(one, two, strict=True))
    totals = [float(np.mean([np.mean(kernel == 0) for kernel in step])) for step in seen]
    # In the first third by much more than in the second one, and not at all in the last.
    third = len(seen) // 3
    assert 0 < totals[0] < totals[third - 1] < totals[2 * third - 1] == totals[-1] == 0.75
    assert totals[third - 1] - totals[0] > totals[-1] - totals[third - 1]


def test_the_pattern_stays():
    trained = kernels(train("sparse:2:4"))
    assert all(np.count_nonzero(kernel, axis=0).max() <= 9 for kernel in trained)
    (last,) = (kernel for kernel in trained if kernel.shape == (16, 3))
    groups = last.reshape(4, 4, 3)
    assert (np.count_nonzero(groups, axis=1) == 2).all()


def test_a_resumed_training_is_the_same(uninterrupted, tmp_path):
    class Killed(Exception):
        pass

    class Kill(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                raise Killed

    with pytest.raises(Killed):
        train("sparse:0.75,every=3", backup=tmp_path, callbacks=[Kill()])
    resumed = train("sparse:0.75,every=3", backup=tmp_path)
    for one, two in zip(resumed.weights, uninterrupted.weights, strict=True):
        np.testing.assert_array_equal(one, two)


def test_what_a_short_training_missed_is_cut_at_the_end():
    model = train("sparse:0.75", steps=STEPS // 3)
    assert max(shares(model)) < 0.75
    parse("sparse:0.75").finish(model)
    assert shares(model) == [0.75] * 7


def test_later_trainings_hold_the_zeros(uninterrupted):
    rule = parse("sparse:0.75").hold(uninterrupted)
    before = [variable.numpy() for variable in rule.variables]
    for variable in rule.variables:
        variable.assign_add(variable * 0 + 1)
    after = rule.keep(before, 1)
    assert [float(np.mean(value == 0)) for value in after] == [0.75] * 7
    for variable, value in zip(rule.variables, before, strict=True):
        variable.assign(value)


@pytest.mark.parametrize("quantize", ["float32", "int8"])
def test_the_zeros_are_in_the_file(tmp_path, quantize):
    keras.utils.set_random_seed(0)
    dense = keras.layers.Dense
    model = keras.Sequential([keras.Input((64,)), dense(64, "relu", use_bias=False), dense(3)])
    zeros = tfkd.compress(model, "sparse:0.75")
    path, dense_path = tmp_path / "zeros.tflite", tmp_path / "dense.tflite"
    tfkd.export(zeros, path, quantize=quantize)
    tfkd.export(model, dense_path, quantize=quantize)
    share = share_of_zeros_in_file(path)
    assert share == pytest.approx(share_of_zeros(zeros), abs=0.03)
    assert share > 0.7 > 0.1 > share_of_zeros_in_file(dense_path)
    assert gzip_size(path) < 0.7 * gzip_size(dense_path)
    plain = keras.models.load_model(_saved(zeros, tmp_path / "zeros.keras"))
    np.testing.assert_array_equal(plain.get_weights()[0], zeros.get_weights()[0])


def _saved(model, path):
    with quiet_save():
        model.save(path)
    return path


@pytest.mark.slow
def test_two_replicas_train_as_one():
    script = Path(__file__).with_name("sparse_training.py")
    paths = [str(script.parents[3]), str(script.parents[2])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    run = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, env=environment, timeout=300
    )
    assert run.returncode == 0, run.stderr[-3000:]
    for gap, same, between, share in json.loads(run.stdout.strip().splitlines()[-1]).values():
        assert same
        assert (gap < 1e-5, between) == (True, 0)
        assert share in (0.75, pytest.approx(0.5, abs=0.1))
