"""A chain of students in one run: each teaches the next one."""

import json

import pytest

from tfkd.errors import UserError
from tfkd.running import chain
from tfkd.running.config import make_config, read_config

GIVEN = ("sample:120", "--vocab-size", "300", "--max-length", "24", "--epochs", "1")
CHAIN = ("--student", "bag_of_ngrams:tiny", "--assistant", "text_cnn:tiny, bag_of_ngrams:tiny")


@pytest.mark.slow
def test_each_student_teaches_the_next(taught, tfkd, contents, monkeypatch, tmp_path):
    """A chain whose last student learns from the first teacher after all."""
    given = ("distill", *GIVEN, *CHAIN, "--teacher", f"keras:{taught}", "--to", "runs/chain")
    code, printed, _ = tfkd(*given)
    assert code == 0, printed
    run = tmp_path / "runs" / "chain"
    first, second = (run / f"assistant-{number}" for number in (1, 2))
    teachers = [json.loads((each / "teacher.json").read_text())["spec"] for each in (first, second)]
    teachers.append(json.loads((run / "teacher.json").read_text())["spec"])
    assert teachers == [f"keras:{taught}", "keras:runs/chain/assistant-1", "assistant-2"]
    names = [row["name"] for row in json.loads((first / "report.json").read_text())["rows"]]
    assert names == ["teacher", "distilled", "exported (int8)"]
    scores = [json.loads((each / "report.json").read_text())["rows"] for each in (second, run)]
    student, teacher = scores[0][1]["scores"], scores[1][0]["scores"]  # the same model
    assert student == pytest.approx(teacher, abs=1e-5)
    assert read_config(run / "config.toml").teacher.source == f"keras:{taught}"
    configs = [read_config(each / "config.toml") for each in (first, second, run)]
    settings = [config.student.settings for config in configs]
    assert settings == [{"seed": 1}, {"seed": 2}, {}]
    # The first teacher's outputs lie where every run beside this one finds them.
    assert len(list((tmp_path / "runs" / "targets").iterdir())) == 2
    before = contents(run / "assistant-1")
    monkeypatch.setattr("tfkd.running.fitting.train_distiller", None)
    (run / "report.json").unlink()
    code, _, _ = tfkd(*given)
    assert code == 0
    assert contents(run / "assistant-1") == before
    assert tfkd("compare", run, "--again")[0] == 0


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"assistant": "text_cnn:tiny,"}, "assistant='text_cnn:tiny,': write NAME or NAME:SIZE"),
        ({"assistant": "cnn"}, "NAME is one of"),
        ({"assistant": "text_cnn", "student": "shrink:3"}, "leave the assistant out"),
    ],
)
def test_no_assistant(changes, words):
    """A typing error, found behind the first student."""
    with pytest.raises(UserError, match=words):
        chain.read_assistants(make_config({"data": "sample", **changes}))


def test_the_names_of_a_teachers_classes_are_not_those_of_an_assistant(tmp_path):
    """The last student learnt exchanged classes, from an assistant that was put right before."""
    given = {"data": "sample", "teacher": "keras:t", "student": "text_cnn:tiny"}
    names = {"assistant": "text_cnn:tiny,text_cnn:tiny", "teacher_labels": "b,a"}
    config = make_config({**given, **names})
    runs = [*chain.plan_assistants(config, tmp_path), chain.configure_last(config, tmp_path)]
    assert [run.teacher.labels for run in runs] == ["b,a", "", ""]
