"""The recipes from the command line: each runs from its TOML alone, and does what it says."""

import json

import keras
import numpy as np
import pytest
from tiny_bert import checkpoint

from tfkd import tasks
from tfkd.cli import main
from tfkd.errors import UserError
from tfkd.running import recipes
from tfkd.running.checks import match_token_counts
from tfkd.running.config import make_config, read_config, write_config
from tfkd.running.part_settings import has_parts
from tfkd.running.stages import read_stages
from tfkd.runtime import Classifier

SMALL = ("--max-length", "24", "--batch-size", "16", "--epochs", "1", "--no-alone")


@pytest.fixture(scope="module")
def bert(tmp_path_factory):
    return checkpoint(tmp_path_factory.mktemp("bert"), classes=2)


QUICK = ("hinton", "tang-bilstm")


def marked(name):
    return pytest.param(name, marks=[] if name in QUICK else [pytest.mark.slow])


TEXTS = [
    name
    for name in recipes.names()
    if "[task]" not in recipes.read(name) and not has_parts(recipes.tables(name))
]
"""Those for any texts; the others bring a task or parts, and are run where these are tested."""


@pytest.mark.slow_but_one
@pytest.mark.parametrize("name", [marked(name) for name in TEXTS])
def test_every_recipe_runs(name, bert, tmp_path, monkeypatch, capsys):
    """A recipe whose settings no run accepts, or whose student cannot be exported."""
    monkeypatch.chdir(tmp_path)
    student = [] if "shrink" not in recipes.read(name) else ["--student", "shrink:2"]
    if name == "hinton":
        student = ["--student", "text_cnn:tiny"]
    if name == "tang-bilstm":
        student = ["--student", "bilstm:tiny", "--augment", "1"]
    given = ["distill", "sample:120", "--recipe", name, "--teacher", f"hf:{bert}", *student]
    assert main([*given, *SMALL, "--to", "runs/it"]) == 0
    printed = capsys.readouterr().out
    report = json.loads((tmp_path / "runs/it/report.json").read_text())
    assert [row["name"] for row in report["rows"]][:2] == ["teacher", "distilled"]
    config = read_config(tmp_path / "runs/it/config.toml")
    assert [e.objective for e in read_stages(config)] == [
        e.objective for e in read_stages(make_config({"data": "sample", **recipes.settings(name)}))
    ]
    if "shrink" in recipes.read(name):
        model = keras.models.load_model(tmp_path / "runs/it/student.keras")
        assert model(np.array([[2, 5, 3]], "int32")).shape == (1, 2)
    if name == "tinybert":
        assert "hint: student 1 from teacher 1, 2 from 2" in printed
        assert "attention: student 0 from teacher 0, 1 from 1" in printed


@pytest.mark.slow
def test_an_interrupted_stage_goes_on(bert, tmp_path, monkeypatch, same_weights):
    """The second stage from nothing, or the first one twice."""
    monkeypatch.chdir(tmp_path)
    given = ["distill", "sample:120", "--recipe", "tinybert", "--teacher", f"hf:{bert}"]
    given += ["--student", "shrink:2", *SMALL]
    assert main([*given, "--to", "runs/whole"]) == 0

    from tfkd.running import fitting

    real, calls = fitting.train_distiller, []

    def stopping(*args, **options):
        calls.append(options["log"].title)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(*args, **options)

    monkeypatch.setattr(fitting, "train_distiller", stopping)
    assert main([*given, "--to", "runs/stopped"]) == 130
    monkeypatch.setattr(
        fitting,
        "train_distiller",
        lambda *args, **options: (calls.append(options["log"].title), real(*args, **options)),
    )
    assert main([*given, "--to", "runs/stopped"]) == 0
    assert calls == ["stage-1-inside", "stage-2-predictions", "stage-2-predictions"]
    same_weights(tmp_path / "runs/whole/student.keras", tmp_path / "runs/stopped/student.keras")


@pytest.fixture
def same_weights():
    def compare(one, other):
        one, other = (keras.models.load_model(each).get_weights() for each in (one, other))
        for a, b in zip(one, other, strict=True):
            np.testing.assert_allclose(a, b, atol=1e-6)

    return compare


def test_the_command_shows_them(capsys):
    """A recipe that cannot be changed because nobody sees it."""
    assert main(["recipes"]) == 0
    printed = capsys.readouterr().out
    assert all(f"{name} " in printed for name in recipes.names())
    assert main(["recipes", "tinybert"]) == 0
    assert capsys.readouterr().out == recipes.read("tinybert")
    assert main(["recipes", "tinibert"]) == 2
    assert "did you mean tinybert?" in capsys.readouterr().err


def test_a_file_and_flags_change_a_recipe(tmp_path):
    """Flags before the file, the file before the recipe."""
    file = tmp_path / "run.toml"
    file.write_text(
        '[data]\nsource = "sample"\n[student]\nmax_length = 99\n[training]\nbatch_size = 7\n'
    )
    config = read_config(file, recipes.settings("pkd"), batch_size=8)
    assert (config.student.max_length, config.student.source) == (99, "shrink:3")
    assert config.training.batch_size == 8
    write_config(config, tmp_path / "again.toml")
    assert read_config(tmp_path / "again.toml") == config


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"stage": [{"loss": "Hint"}]}, "stage 1 has a setting 'loss': write name, objective"),
        ({"objective": ["Hint"]}, r"write a list of tables"),
        ({"objective": [{"loss": "Hnt"}]}, "there is no loss 'Hnt'"),
        ({"stage": {"name": "one"}}, "expected a list of tables"),
    ],
)
def test_what_is_no_stage(settings, words):
    """A typing error, found behind an hour of the teacher."""
    with pytest.raises(UserError, match=words):
        read_stages(make_config({"data": "sample", **settings}))


def test_a_student_of_no_encoder(capsys, tmp_path, monkeypatch, taught):
    """Three layers of a linear model, found behind an hour of the teacher."""
    monkeypatch.chdir(tmp_path)
    given = ["distill", "sample:60", "--student", "shrink:3"]
    assert main([*given, "--teacher", "train"]) == 2
    said = capsys.readouterr().err
    assert "copies layers from a Keras or Hugging Face teacher, and the teacher is train" in said
    assert "add --teacher keras:PATH or --teacher hf:PATH" in said
    assert main([*given, "--teacher", f"keras:{taught}"]) == 2
    assert "shrink found 0 encoders" in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()


@pytest.mark.slow
def test_a_student_narrower_and_of_fewer_pieces(bert, tmp_path, monkeypatch, capsys):
    """A setting that is not passed on, a student that reads by its teacher's vocabulary."""
    monkeypatch.chdir(tmp_path)
    given = ["distill", "sample:60", "--student", "shrink:1", "--teacher", f"hf:{bert}", *SMALL]
    given += ["--set", "width=16", "--set", "vocabulary=29", "--to", "runs/it"]
    assert main(given) == 0
    model = keras.models.load_model("runs/it/student.keras")
    rows = [each.shape for each in model.weights]
    assert (29, 16) in rows
    assert len((tmp_path / "runs/it/vocab.txt").read_text().split()) == 29
    assert Classifier("runs/it/student.tflite").max_length == 24


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--set", "depth=2"], "shrink has no setting 'depth': write width or vocabulary"),
        (["--set", "vocabulary=29", "--recipe", "distilbert"], "compares hidden_states"),
    ],
)
def test_settings_that_no_shrunk_student_has(flags, words, bert, tmp_path, monkeypatch, capsys):
    """Tokens compared with others."""
    monkeypatch.chdir(tmp_path)
    given = ["distill", "sample:60", "--student", "shrink:1", "--teacher", f"hf:{bert}"]
    assert main([*given, *flags]) == 2
    assert words in capsys.readouterr().err


def test_where_tokens_are_compared_both_models_read_as_many():
    """A student that reads 24 pieces of a text of which the teacher reads 256."""
    task = tasks.find("text-classification")
    given = {"data": "sample", "student": "shrink:1", "max_length": 24}
    inside = make_config({**given, "objective": [{"loss": "Hint"}]})
    assert match_token_counts(inside, task).teacher.max_length == 24
    assert match_token_counts(make_config(given), task).teacher.max_length == 0
    chosen = make_config({**given, "objective": [{"loss": "Hint"}], "teacher_max_length": 30})
    assert match_token_counts(chosen, task).teacher.max_length == 30
