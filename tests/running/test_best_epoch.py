"""The best epoch: which one it is, that it is kept, and that a resumed training chooses it too."""

import importlib
import json
import math
import shutil

import keras
import numpy as np
import pytest

from tfkd.running import best_epoch, fitting
from tfkd.running.best_epoch import EarlyStopping
from tfkd.tasks.text_classification import TextClassification

PATIENT = ("--epochs", "9", "--patience", "2", "--batch-size", "32")


def lines(*scores, key="val_accuracy"):
    return [{"epoch": number, key: score} for number, score in enumerate(scores, 1)]


@pytest.mark.parametrize(
    ("scores", "best", "over"),
    [
        ([], (0, None), False),
        ([0.5], (1, 0.5), False),
        ([0.5, 0.7, 0.6], (2, 0.7), False),
        ([0.5, 0.7, 0.6, 0.65], (2, 0.7), True),
        ([0.7, 0.7, 0.7], (1, 0.7), True),
        ([math.nan, 0.1], (2, 0.1), False),
        ([math.nan, math.nan], (0, None), True),
    ],
)
def test_the_best_of_a_history(scores, best, over):
    """A tie that goes on for ever, or a NaN that is better than everything."""
    stopping = EarlyStopping(2)
    assert stopping.find_best(lines(*scores)) == best
    assert stopping.is_over(lines(*scores)) == over


def test_less_may_be_better():
    """The worst epoch of a measure that is an error."""
    stopping = EarlyStopping(1, "mae", higher_is_better=False)
    assert stopping.find_best(lines(3.0, 1.0, 2.0, key="val_mae")) == (2, 1.0)


def history(folder):
    text = (folder / "distilled" / "history.jsonl").read_text()
    return [json.loads(line) for line in text.splitlines()]


def weights(folder):
    model = keras.models.load_model(folder / "student.keras", compile=False)
    return model.get_weights()


@pytest.fixture(scope="module")
def whole(taught, tmp_path_factory):
    """A run that stopped early, and the student after each epoch."""
    from run_fixtures import STUDENT, call

    room, after = tmp_path_factory.mktemp("whole"), {}

    class Watch(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            after[epoch + 1] = self.model.student.get_weights()

    teacher = ("--teacher", f"keras:{taught}", "--no-alone", "--quantize", "float32")
    command = ("distill", "sample:200", *STUDENT, *teacher, *PATIENT)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(room)
        patch.setattr("tfkd.running.student_training.load_callbacks", lambda paths: [Watch()])
        assert call(*command, "--to", "out") == 0
    return room / "out", after, command


def test_it_stops_and_keeps_the_best(whole):
    """The last epoch in the file, and the best one in the log."""
    folder, after, _ = whole
    written = history(folder)
    best, score = EarlyStopping(2).find_best(written)
    assert len(written) == best + 2 < 9
    assert score == max(line["val_accuracy"] for line in written)
    for kept, expected in zip(weights(folder), after[best], strict=True):
        np.testing.assert_array_equal(kept, expected)
    assert not list(folder.rglob("best-*"))
    facts = json.loads((folder / "report.json").read_text())["facts"]
    assert facts["best epoch"] == f"distilled {best} of {len(written)}"


MOMENTS = {
    "in the first epoch that is no better": ("tfkd.running.best_epoch", "forget_best"),
    "before the history has an epoch": ("tfkd.running.fitting", "replace_when_whole"),
    "before a backup": ("tfkd.training.backup.state_files", "replace_when_whole"),
    "after the last epoch": ("tfkd.running.fitting", "restore_best"),
    "before the student is saved": ("tfkd.running.student_training", "save_keras"),
}


def interrupting(real, after):
    """A function that raises when it is called once more than so often."""
    calls = []

    def call(*arguments, **options):
        calls.append(arguments)
        if len(calls) > after:
            raise KeyboardInterrupt
        return real(*arguments, **options)

    return call


@pytest.mark.slow_but_one
@pytest.mark.parametrize("moment", MOMENTS)
def test_resumed_it_is_the_same(moment, whole, tfkd, tmp_path, monkeypatch):
    """A training that trains on where it had stopped, or keeps another epoch."""
    folder, _, command = whole
    module, name = MOMENTS[moment]
    real = getattr(importlib.import_module(module), name)
    for after in (0, 2) if name == "replace_when_whole" else (0,):
        with monkeypatch.context() as patch:
            patch.setattr(f"{module}.{name}", interrupting(real, after))
            assert tfkd(*command, "--to", "out")[0] == 130
    assert tfkd(*command, "--to", "out")[0] == 0
    assert history(tmp_path / "out") == history(folder)
    for one, other in zip(weights(tmp_path / "out"), weights(folder), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.slow
def test_a_measure_that_keras_does_not_know(whole, tfkd, tmp_path, monkeypatch):
    """Tasks whose headline is no metric of Keras train all epochs, or by another measure."""
    folder, _, command = whole
    monkeypatch.setattr(TextClassification, "metrics", lambda self: [])
    assert tfkd(*command, "--to", "out")[0] == 0
    scores = [line["val_accuracy"] for line in history(tmp_path / "out")]
    assert scores == pytest.approx([line["val_accuracy"] for line in history(folder)])
    for one, other in zip(weights(tmp_path / "out"), weights(folder), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_history_without_weights_is_no_end(whole, tfkd, tmp_path, monkeypatch):
    """A student that was removed, and comes back untrained."""
    folder, _, command = whole
    copy = shutil.copytree(folder, tmp_path / "out")
    expected = weights(copy)
    for name in ("student.keras", "student.tflite", "report.json"):
        (copy / name).unlink()
    assert tfkd(*command, "--to", "out")[0] == 0
    for one, other in zip(weights(copy), expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_no_texts_to_tell_by(refused, tmp_path, rows, monkeypatch):
    """Patience that never ends, since nothing is measured."""
    monkeypatch.setattr(
        "tfkd.running.run_data.open_data",
        lambda *arguments, **options: type("Data", (), {"counts": {"train": 9, "test": 9}})(),
    )
    said = refused("distill", rows(), "--patience", "2", "--to", "out")
    assert "has no validation texts to tell the best epoch by" in said
    assert not (tmp_path / "out").exists()


def test_only_what_is_needed_is_kept(tmp_path):
    """A disk full of weights."""
    for epoch in (1, 2, 3):
        best_epoch.weights_file(tmp_path, epoch).write_bytes(b"")
    best_epoch.forget_best(tmp_path, but=2)
    assert [file.name for file in tmp_path.iterdir()] == ["best-2.npz"]
    fitting.forget_backups(tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.slow_but_one
@pytest.mark.parametrize(
    ("form", "key", "labels"),
    [
        ("regression", "val_pearson", [n / 7 for n in range(60)]),
        ("multilabel", "val_micro_f1", [["good", "long"][: n % 3] for n in range(60)]),
    ],
)
def test_other_forms_have_their_own_headline(form, key, labels, tfkd, tmp_path):
    """Numbers and lists of labels by the accuracy of something else."""
    words = ("good", "bad", "long")
    lines = [
        json.dumps({"text": f"a {words[n % 3]} film number {n}", "label": label})
        for n, label in enumerate(labels)
    ]
    (tmp_path / "data.jsonl").write_text("".join(f"{line}\n" for line in lines))
    given = ("--form", form, "--teacher", "train:bag_of_ngrams:tiny", "--epochs", "2")
    student = ("--student", "bag_of_ngrams:tiny", "--vocab-size", "200", "--max-length", "16")
    rest = ("--patience", "1", "--no-alone", "--quantize", "float32", "--to", "out")
    assert tfkd("distill", "data.jsonl", *given, *student, *rest)[0] == 0
    assert all(key in line for line in history(tmp_path / "out"))
