"""`tfkd distill` on two workers: the run of one, and one that goes on where a worker was killed."""

import json
import time

import numpy as np
import pytest
from cluster import ended, start

SETTINGS = (
    *("distill", "sample:300", "--teacher", "train:bag_of_ngrams:tiny", "--epochs", "4"),
    *("--student", "bag_of_ngrams:tiny", "--vocab-size", "300", "--max-length", "32"),
    *("--set", "dropout=0.0"),
    *("--batch-size", "33", "--no-alone", "--quantize", "float32", "--seed", "3"),
)


STOPPING = (*SETTINGS, "--epochs", "12", "--patience", "2", "--optimizer", "adamw", "--clip", "1")
MIRRORED = """
import sys, tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
from tfkd import cli, distribution
made = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
distribution.strategies.strategy = lambda name="auto": made
cli.main(sys.argv[1:])
"""


SMALLER = (
    *(*SETTINGS, "--student", "text_cnn:tiny", "--epochs", "1"),
    *("--compress", "prune:0.3", "--compress", "sparse:0.5"),
)


def begun(workers, folder, settings=SETTINGS):
    return start(workers, "-m", "tfkd", *settings, "--to", folder / "run", cwd=folder)


def logits(folder):
    """Of the student, for some ids."""
    import keras

    model = keras.models.load_model(folder / "run" / "student.keras", compile=False)
    return np.asarray(model(np.random.default_rng(0).integers(1, 200, (50, 20))))


def numbers(folder):
    lines = (folder / "run" / "distilled" / "history.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    folder = tmp_path_factory.mktemp("alone")
    ((code, said),) = ended(begun(1, folder))
    assert code == 0, said[-3000:]
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("killed", [False, True], ids=["whole", "killed"])
def test_two_workers_make_the_run_of_one(alone, tmp_path, killed):
    """A student, or a report, that depends on how many machines there happened to be."""
    if killed:
        processes = begun(2, tmp_path)
        backup = tmp_path / "run" / "distilled" / "backup"
        while not list(backup.glob("epoch-000002*")) and processes[1].poll() is None:
            time.sleep(0.01)
        processes[1].kill()
        (code, said), _ = ended(processes, timeout=120)
        assert code == 75, said[-3000:]
        assert "tfkd: worker 0 of 2 lost another one" in said
    found = ended(begun(2, tmp_path))
    assert [code for code, _ in found] == [0, 0], found[0][1][-3000:]
    assert "split over 2 replicas" in found[0][1]
    assert "going on from epoch" in found[0][1] or not killed
    np.testing.assert_allclose(logits(tmp_path), logits(alone), atol=1e-3)
    for ours, theirs in zip(numbers(tmp_path), numbers(alone), strict=True):
        assert ours == pytest.approx(theirs, abs=1e-4)
    report, expected = (
        json.loads((folder / "run" / "report.json").read_text())["rows"][1]["scores"]["accuracy"]
        for folder in (tmp_path, alone)
    )
    assert report == expected


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    """A run on one device that stopped early."""
    folder = tmp_path_factory.mktemp("stopped")
    ((code, said),) = ended(begun(1, folder, STOPPING))
    assert code == 0, said[-3000:]
    assert len(numbers(folder)) < 12
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("where", ["workers", "killed workers", "replicas"])
def test_they_stop_in_the_same_epoch_and_keep_the_same(stopped, tmp_path, where):
    """A worker that stops while the others wait for it, or that keeps an epoch of its own."""
    workers = 1 if where == "replicas" else 2
    if where == "killed workers":
        processes = begun(2, tmp_path, STOPPING)
        backup = tmp_path / "run" / "distilled" / "backup"
        while not list(backup.glob("epoch-000002*")) and processes[1].poll() is None:
            time.sleep(0.01)
        processes[1].kill()
        ended(processes, timeout=120)
    if where == "replicas":
        found = ended(start(1, "-c", MIRRORED, *STOPPING, "--to", "run", cwd=tmp_path))
    else:
        found = ended(begun(2, tmp_path, STOPPING))
    assert [code for code, _ in found] == [0] * workers, found[0][1][-3000:]
    assert "split over 2 replicas" in found[0][1]
    ours, theirs = numbers(tmp_path), numbers(stopped)
    assert [line["epoch"] for line in ours] == [line["epoch"] for line in theirs]
    for line, expected in zip(ours, theirs, strict=True):
        assert line == pytest.approx(expected, abs=1e-4)
    np.testing.assert_allclose(logits(tmp_path), logits(stopped), atol=1e-3)
    assert not list(tmp_path.rglob("best-*"))


@pytest.fixture(scope="module")
def smaller(tmp_path_factory):
    """A run on one device whose student was made smaller."""
    folder = tmp_path_factory.mktemp("smaller")
    ((code, said),) = ended(begun(1, folder, SMALLER))
    assert code == 0, said[-3000:]
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("where", ["workers", "replicas"])
def test_they_make_the_same_student_smaller(smaller, tmp_path, where):
    """Workers that wait for one that reads the smaller student, which takes all of them."""
    if where == "replicas":
        found = ended(start(1, "-c", MIRRORED, *SMALLER, "--to", "run", cwd=tmp_path))
    else:
        found = ended(begun(2, tmp_path, SMALLER))
    assert {code for code, _ in found} == {0}, found[0][1][-3000:]
    assert "split over 2 replicas" in found[0][1]
    np.testing.assert_allclose(logits(tmp_path), logits(smaller), atol=1e-5)
    ours, theirs = (
        json.loads((folder / "run" / "report.json").read_text())["steps"]["steps"]
        for folder in (tmp_path, smaller)
    )
    assert ours == theirs
    assert len(ours) == 5
    assert ours[0]["parameters"] > ours[1]["parameters"]
    assert ours[-1]["zeros"] == pytest.approx(0.5, abs=0.01)
