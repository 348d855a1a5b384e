"""A task by word, its texts in windows, on two workers and on two replicas: the run of one."""

import json

import numpy as np
import pytest
from cluster import ended, start
from test_runs import MIRRORED, numbers

from tests.tagged_sentences import write_sentences

SETTINGS = (
    *("distill", "data.jsonl", "--task", "token-classification", "--teacher", "keras:../teacher"),
    *("--student", "text_cnn:tiny", "--set", "dropout=0.0", "--vocab-size", "100", "--max-length"),
    *("24", "--epochs", "3", "--batch-size", "17", "--no-alone", "--quantize", "float32"),
    *("--seed", "3", "--to", "run"),
)
TEACH = (
    *("teach", "data.jsonl", "--task", "token-classification", "--teacher", "train:text_cnn:tiny"),
    *("--epochs", "2", "--vocab-size", "120", "--max-length", "40", "--to", "teacher"),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Sentences, and a teacher with longer windows and other pieces than the student."""
    folder = tmp_path_factory.mktemp("shared")
    write_sentences(folder / "data.jsonl")
    ((code, said),) = ended(start(1, "-m", "tfkd", *TEACH, cwd=folder))
    assert code == 0, said[-3000:]
    return folder


def run_in(folder, name, workers=1, *program):
    place = folder / name
    place.mkdir()
    write_sentences(place / "data.jsonl")
    found = ended(start(workers, *(program or ("-m", "tfkd")), *SETTINGS, cwd=place))
    assert [code for code, _ in found] == [0] * workers, found[0][1][-3000:]
    return place


def weights(folder):
    import keras

    model = keras.models.load_model(folder / "run" / "student.keras", compile=False)
    return model.get_weights()


def scores(folder):
    rows = json.loads((folder / "run" / "report.json").read_text())["rows"]
    return [row["scores"] for row in rows]


@pytest.mark.slow
def test_two_workers_and_two_replicas_make_the_run_of_one(folder):
    """Words weighed by the replica that they came to; windows beside another worker's targets."""
    one = run_in(folder, "one")
    for name, workers, *program in (("workers", 2), ("replicas", 1, "-c", MIRRORED)):
        other = run_in(folder, name, workers, *program)
        for ours, theirs in zip(weights(other), weights(one), strict=True):
            np.testing.assert_allclose(ours, theirs, atol=1e-3, err_msg=name)
        for ours, theirs in zip(numbers(other), numbers(one), strict=True):
            assert ours == pytest.approx(theirs, abs=1e-4)
        for ours, theirs in zip(scores(other), scores(one), strict=True):
            assert ours == pytest.approx(theirs, abs=0.02)
