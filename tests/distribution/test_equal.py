"""One device, several replicas and two worker processes: the same student, the same numbers.

Run with Keras 3.15.1, tf_keras 2.21.0 and TensorFlow 2.21.0: see the mends in `keras3.py`.
"""

import json

import keras
import numpy as np
import pytest
from cluster import HERE, ended, start

from tfkd.distribution import keras3

CLIPPED = {"learning_rate": 0.1, "global_clipnorm": 0.05}
ADAMW = {"name": "adamw", "weight_decay": 0.5, "clip": 0.1, "schedule": "linear", "warm_up": 2}
CASES = {
    "33 in batches of 32": {"count": 33, "batch": 32, "epochs": 5},
    "1 in batches of 2": {"count": 1, "batch": 2, "epochs": 10},
    "49 in batches of 32": {"count": 49, "batch": 32, "epochs": 5},
    "stored": {"count": 33, "batch": 32, "epochs": 5, "stored": True},
    "clipped": {"count": 33, "batch": 32, "epochs": 5, "optimizer": CLIPPED},
    "adamw": {"count": 33, "batch": 32, "epochs": 5, "optimizer": ADAMW},
    "lion": {"count": 49, "batch": 32, "epochs": 5, "optimizer": {"name": "lion", "clip": 0.05}},
    "tf_keras": {"count": 49, "batch": 32, "epochs": 5, "flavour": "tf_keras"},
    "tf_keras clipped": {
        "count": 1,
        "batch": 2,
        "epochs": 10,
        "flavour": "tf_keras",
        "optimizer": CLIPPED,
    },
}


def trained(folder, where, workers=1):
    """What each worker found, by case."""
    cases, out = json.dumps(list(CASES.values())), folder / f"{where}-{{worker}}.json"
    found = ended(start(workers, HERE / "job.py", where, cases, out), timeout=900)
    assert [code for code, _ in found] == [0] * workers, found[-1][1][-3000:]
    files = [folder / f"{where}-{i}.json" for i in range(workers)]
    return [dict(zip(CASES, json.loads(file.read_text()), strict=True)) for file in files]


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    (found,) = trained(tmp_path_factory.mktemp("one"), "one")
    return found


@pytest.fixture(
    scope="module", params=["mirrored:2", "mirrored:4", "multi_worker"], ids="{}".format
)
def many(request, tmp_path_factory):
    workers = 2 if request.param == "multi_worker" else 1
    return trained(tmp_path_factory.mktemp("many"), request.param, workers)


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_as_on_one_device(one, many, case):
    """An update or a number that depends on how many devices there happened to be."""
    expected = one[case]
    for found in many:
        for a, b in zip(found[case]["weights"], expected["weights"], strict=True):
            np.testing.assert_allclose(a, b, rtol=0, atol=1e-6)
        for what in ("history", "evaluated"):
            assert found[case][what].keys() == expected[what].keys()
            for name, value in expected[what].items():
                np.testing.assert_allclose(found[case][what][name], value, rtol=0, atol=1e-5)
        np.testing.assert_allclose(found[case]["predicted"], expected["predicted"], atol=1e-5)


@pytest.mark.slow
def test_training_did_something(one):
    """Ten steps that change nothing are the same everywhere."""
    for found in one.values():
        losses = found["history"]["loss"]
        assert losses[-1] < losses[0] - 1e-3
    assert one["clipped"]["weights"] != one["33 in batches of 32"]["weights"]


def test_the_private_methods_that_the_mends_lean_on():
    """A new Keras that renames one: the mend would be passed over without a word."""
    assert callable(keras.Model._maybe_symbolic_build)
    assert callable(keras.optimizers.Optimizer._clip_gradients)
    assert "_maybe_symbolic_build" in keras3.__doc__
