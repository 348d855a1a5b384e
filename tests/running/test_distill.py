"""`tfkd distill`: a whole run, what it leaves behind, and the same run again."""

import json
import time

import pytest
import tomli_w

from tfkd.running import config as configs
from tfkd.running.config import places

KEPT = (
    *("config.toml", "environment.json", "data.json", "tokenizer.json", "vocab.txt"),
    *("student.keras", "alone.keras", "student.tflite", "report.json", "report.md"),
    *("distilled/history.jsonl", "alone/history.jsonl", "teacher/model.keras"),
)
TEACHER = ("--teacher", "train:bag_of_ngrams:tiny")
LOADING = """
import sys, keras, numpy as np
model = keras.models.load_model(sys.argv[1])
print(model(np.array([[2, 5, 6, 3]])).shape)
assert not any(name.partition(".")[0] == "tfkd" for name in sys.modules)
"""


def test_a_run_leaves_everything_behind(finished, begun):
    """A run that cannot be looked into, repeated or deployed."""
    assert [name for name in KEPT if not (finished / name).is_file()] == []
    assert not (finished / "work").exists()
    assert not list(finished.rglob("backup")) + list(finished.rglob("*part*"))
    assert (begun / "runs" / "latest").resolve() == finished
    lines = (finished / "distilled" / "history.jsonl").read_text().splitlines()
    assert [json.loads(line)["epoch"] for line in lines] == [1, 2, 3]
    config = configs.read_config(finished / "config.toml")
    assert (config.data.source, config.training.epochs) == ("sample:200", 3)
    facts = json.loads((finished / "environment.json").read_text())
    assert facts["tfkd"]
    assert facts["keras"]


def test_it_prints_the_table_and_the_verdict(begun, tfkd, settings, monkeypatch):
    """A user who must look for the result, or take synthetic scores for real ones."""
    monkeypatch.chdir(begun)
    code, printed, _ = tfkd("distill", *settings)
    assert code == 0
    for word in ("teacher", "alone", "distilled", "exported (int8)", "accuracy", "latency"):
        assert word in printed
    assert "(synthetic)" in printed
    assert "say nothing about real texts" in printed
    assert "Distillation " in printed
    assert "smaller" in printed


def test_a_plan_comes_before_the_start(tfkd, rows, monkeypatch, capsys):
    """A wrong file or size that shows only after an hour of training."""
    monkeypatch.setattr("tfkd.running.student_training.train_students", lambda *models: 1 / 0)
    command = ("distill", rows(), "--student", "text_cnn:tiny", "--epochs", "2", "--to", "out")
    with pytest.raises(ZeroDivisionError):
        tfkd(*command, "--vocab-size", "300", "--batch-size", "20", *TEACHER)
    said = capsys.readouterr().out
    for words in (
        "2 classes",
        "text_cnn:tiny: ",
        " parameters",
        "2 epochs of 2 steps of 20",
        "out",
    ):
        assert words in said
    assert "synthetic" not in said


@pytest.mark.parametrize("folder", ["latest", "here"])
def test_the_same_command_again_shows_the_report_and_changes_nothing(
    folder, begun, finished, tfkd, settings, contents, monkeypatch, tmp_path
):
    """A second Return key that trains everything again."""
    monkeypatch.chdir(begun)
    before, start = contents(finished), time.monotonic()
    monkeypatch.setattr("tfkd.running.fitting.train_distiller", None)
    to = () if folder == "latest" else ("--to", finished)
    code, printed, _ = tfkd("distill", *settings, *to)
    assert code == 0
    assert "is complete" in printed
    assert contents(finished) == before
    assert time.monotonic() - start < 20


def test_the_student_loads_without_tfkd(finished, python):
    """A model that dies with the package that made it."""
    assert python(LOADING, finished / "student.keras") == "(1, 2)\n"


def test_toml_and_flags_are_one_run(begun, finished, tfkd, settings, monkeypatch):
    """A config in a paper's repository that stands for other settings than the flags did."""
    monkeypatch.chdir(begun)
    written = {
        "data": {"source": settings[0]},
        "teacher": {"source": "train:bag_of_ngrams:tiny"},
        "student": {"source": "text_cnn:tiny", "vocab_size": 300, "max_length": 32},
        "training": {"epochs": 3},
    }
    (begun / "run.toml").write_text(tomli_w.dumps(written))
    code, printed, _ = tfkd("distill", "run.toml")
    assert code == 0
    assert "is complete" in printed
    code, printed, _ = tfkd("distill", finished / "config.toml")
    assert code == 0
    assert "is complete" in printed


def test_a_flag_goes_before_the_toml(finished, refused):
    """A flag that is given and has no effect."""
    said = refused("distill", finished / "config.toml", "--temperature", "-1")
    assert "temperature is -1.0" in said


def test_equal_seeds_are_equal_runs(finished, tfkd, settings, same_runs, tmp_path):
    """Results that nobody can repeat."""
    code, _, _ = tfkd("distill", *settings, "--to", "again")
    assert code == 0
    same_runs(finished, tmp_path / "again")


def test_every_setting_is_a_flag(tfkd):
    """A setting that only TOML can reach."""
    _, printed, _ = tfkd("distill", "--help")
    tables = {"objective", "stage"}  # a list of tables has no place in a shell
    names = {name.replace("_", "-") for name in places()} - tables
    names -= {"data", "student-settings", "columns", "task-settings"}
    names |= {"set", "column", "task-set"}
    assert [name for name in names if f"--{name} " not in printed.replace(",", " ")] == []


def test_settings_of_the_student_reach_it(tfkd, monkeypatch):
    """A `--set` that is parsed and dropped."""
    seen = []
    monkeypatch.setattr(
        "tfkd.running._run.run", lambda config, progress: seen.append(config) or 1 / 0
    )
    with pytest.raises(ZeroDivisionError):
        tfkd("distill", "sample", "--set", "filters=8", "--set", "kernels=[2,3]", "--no-alone")
    assert seen[0].student.settings == {"filters": 8, "kernels": [2, 3]}
    assert seen[0].training.alone is False
