"""A teacher that is trained in a run: how long, which epoch, and what the plan says of it."""

import json

import pytest

from tfkd.running import own_teacher
from tfkd.running.own_teacher import Effort, describe_training
from tfkd.tasks.text_classification import TextClassification

GIVEN = (
    *("--student", "bag_of_ngrams:tiny", "--vocab-size", "200", "--max-length", "16"),
    *("--epochs", "1", "--no-alone", "--quantize", "float32"),
)


def epochs(folder, member=0):
    lines = (folder / "teacher" / f"member-{member}" / "history.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def describe(spec, **effort):
    task = TextClassification()
    schema = task.schema(("no", "yes"))
    settings = Effort(**effort)
    return describe_training(spec, settings, task=task, schema=schema, vocabulary=100, texts=640)


def test_the_plan_of_one_model():
    """A teacher of whose size and time nobody is told before it trains."""
    said = describe("train:text_cnn:tiny", epochs=4)
    assert said.startswith("text_cnn:tiny, ")
    assert said.endswith(" parameters; trained here for 4 epochs of 10 steps, 40 steps in all")


def test_the_plan_of_an_ensemble(monkeypatch):
    """A third of the time that it takes."""
    monkeypatch.setattr(own_teacher, "ENSEMBLE", ("text_cnn:tiny", "bag_of_ngrams:tiny"))
    said = describe("train", epochs=1, patience=3)
    assert "an ensemble of 2: text_cnn:tiny, bag_of_ngrams:tiny, " in said
    assert said.endswith("trained here for at most 1 epoch of 10 steps each, 20 steps in all")


@pytest.mark.slow_but_one
@pytest.mark.parametrize("teacher_epochs", [1, 4])
def test_its_epochs_are_not_those_of_the_student(teacher_epochs, tfkd, tmp_path):
    """`--epochs 1` that trains a teacher for a thousand steps, and says nothing."""
    given = ("--teacher", "train:bag_of_ngrams:tiny", "--teacher-epochs", str(teacher_epochs))
    code, printed, _ = tfkd("distill", "sample:60", *GIVEN, *given, "--to", "out")
    assert code == 0
    assert len(epochs(tmp_path / "out")) == teacher_epochs
    spelled = {1: "at most 1 epoch of 1 step, 1 step in all", 4: "at most 4 epochs of 1 step"}
    assert spelled[teacher_epochs] in printed
    assert "1 epoch of 1 step of 128 examples" in printed


def test_it_stops_when_it_gets_no_better(tfkd, tmp_path):
    """A teacher that knows its texts by heart, in the state of its last epoch."""
    given = ("--teacher", "train:bag_of_ngrams:tiny", "--teacher-epochs", "30")
    assert tfkd("distill", "sample:200", *GIVEN, *given, "--to", "out")[0] == 0
    history = epochs(tmp_path / "out")
    scores = [line["val_accuracy"] for line in history]
    assert len(history) < 30
    assert len(history) - 3 == scores.index(max(scores)) + 1
    assert not list((tmp_path / "out").rglob("best-*"))


def test_all_epochs_where_that_is_wanted(tfkd, tmp_path):
    """Results of before that nobody can repeat."""
    given = ("--teacher", "train:bag_of_ngrams:tiny", "--teacher-epochs", "9")
    flags = ("--teacher-patience", "0", "--to", "out")
    assert tfkd("distill", "sample:200", *GIVEN, *given, *flags)[0] == 0
    assert len(epochs(tmp_path / "out")) == 9
