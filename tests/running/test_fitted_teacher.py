"""Runs whose teacher is fitted to classes: few labels or none, to a verified file."""

import json

import numpy as np
import pytest
from tiny_bert import checkpoint

from tfkd import UserError
from tfkd.reporting.report import load
from tfkd.running import caching
from tfkd.running._run import run
from tfkd.running.config import make_config
from tfkd.running.fitted_teacher import check_fitted, give_labels, mark_fitted
from tfkd.running.run_data import open_run_data
from tfkd.running.targets import shared_store_folder
from tfkd.running.task_choice import choose_task

CLASSES = """[classes]
early = "a b c d"
late = "w x y z"
"""
STUDENT = {"student": "bag_of_ngrams:tiny", "vocab_size": 100, "max_length": 16, "epochs": 1}
STUDENT |= {"quantize": "float32", "batch_size": 32, "teacher_max_length": 16}


def texts(count, seed):
    draw = np.random.default_rng(seed)
    kinds = [("early", "abcd") if number % 2 else ("late", "wxyz") for number in range(count)]
    return [(" ".join(draw.choice(list(letters), 6)), kind) for kind, letters in kinds]


def write(path, rows, labelled):
    lines = [{"text": t, "label": k if i < labelled else None} for i, (t, k) in enumerate(rows)]
    lines = lines if labelled else [{"text": text} for text, _ in rows]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return str(path)


@pytest.fixture(scope="module")
def encoder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("few") / "encoder"
    return checkpoint(folder, head=False, architectures=["BertModel"], spread=0.1)


@pytest.fixture
def settings(encoder, tmp_path):
    """Return settings of data of which some training texts have labels."""

    def build(labelled=12, kind="few", **changes):
        (tmp_path / "classes.toml").write_text(CLASSES)
        own = {"data": write(tmp_path / "train.jsonl", texts(60, 0), labelled)}
        own["test"] = write(tmp_path / "test.jsonl", texts(30, 1), 30)
        own["validation"] = write(tmp_path / "validation.jsonl", texts(10, 2), 10)
        own["teacher"] = f"{kind}:hf:{encoder}"
        if kind != "few":
            own["classes"] = str(tmp_path / "classes.toml")
        return make_config({**own, **STUDENT, **changes})

    return build


def test_few_labels_to_a_file_and_a_report(settings, tmp_path, monkeypatch):
    config = settings(to=str(tmp_path / "runs" / "few"))
    result = run(config)
    assert result.file.is_file()
    rows = {row.name: row.scores["accuracy"] for row in result.report.rows}
    assert rows["teacher"] > 0.9
    assert {"teacher", "alone", "distilled"} <= set(rows)
    note = "The teacher few: logistic regression on 12 labelled texts, C = "
    assert any(note in word for word in result.report.words)
    # `tfkd cache` finds the same place, and asks for nothing again.
    targets = tmp_path / "runs" / "targets"
    (store,) = (each for each in targets.iterdir() if each.is_dir())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tfkd.teachers.few_labels.class_fitting.fit_logistic", None)
    assert caching.cache(config).path == store.relative_to(tmp_path)
    # Another label, or another file of classes, is another teacher with outputs of its own.
    task, _ = choose_task(config)
    other = settings(labelled=13)
    marks = [mark_fitted(each, task, open_run_data(each, task)) for each in (config, other)]
    marks += [mark_fitted(other.replaced(labelled=12), task, open_run_data(other, task))]
    assert len(set(marks[1:])) == 2
    places = {shared_store_folder(config, targets, mark) for mark in marks[1:]}
    assert len(places) == 2
    assert shared_store_folder(config, targets) not in places
    # What it was fitted to is part of the run.
    settings()
    facts = json.loads((result.folder / "teacher.json").read_text())
    (result.folder / "teacher.json").write_text(json.dumps({**facts, "fitted": "another"}))
    (result.folder / "report.json").unlink()
    with pytest.raises(UserError, match="the teacher changed since the run"):
        run(config)


def test_descriptions_alone_are_enough(settings, tmp_path):
    """No training text has a label: classes are those of the file, and nothing is trained alone."""
    config = settings(0, "similar", to=str(tmp_path / "run"), validation="")
    result = run(config)
    assert result.file.is_file()
    assert [row.name for row in result.report.rows][:2] == ["teacher", "distilled"]
    words = " ".join(result.report.words)
    assert "temperature 0.05, which is the default: 0 labelled training texts" in words
    assert load(result.folder).rows[0].scores["accuracy"] > 0.5


def test_only_the_labels_of_the_student_are_read(settings):
    config = settings(labelled=60, kind="similar", seed=3).replaced(labelled=10)
    task, _ = choose_task(config)
    data = open_run_data(config, task)
    few = give_labels(config, task, data, folder=None, progress=None)
    assert len(few.texts) == len(few.ids) == 10
    own = {e["text"]: e["label"] for e in data.read("train")}
    assert [own[text] for text in few.texts] == list(few.ids)
    assert few.guide.names == data.labels == ("early", "late")
    other = config.replaced(seed=4)
    assert give_labels(other, task, data, folder=None, progress=None).digest != few.digest


def test_numbers_are_classes_in_the_order_of_the_file(settings, tmp_path, caplog):
    caplog.set_level("INFO", logger="tfkd")
    config = settings(0, "similar")
    rows = [(text, str(int(kind == "late"))) for text, kind in texts(30, 1)]
    config = config.replaced(test=write(tmp_path / "numbers.jsonl", rows, 30), validation="")
    data = open_run_data(config, choose_task(config)[0])
    assert data.labels == ("early", "late")
    # A later run of a chain has the same classes.
    later = config.replaced(teacher="keras:assistant")
    assert open_run_data(later, choose_task(later)[0]).labels == ("early", "late")
    assert "0 is early, 1 is late" in caplog.text


@pytest.mark.parametrize(
    ("kind", "changes", "sentence"),
    [
        ("similar", {"classes": ""}, r"needs a file that says what the classes mean: give --clas"),
        ("similar", {"classes": "nowhere.toml"}, r"nowhere.toml cannot be read"),
        ("few", {"task": "token-classification"}, r"the task is token-classification: write"),
        ("few", {"task": "relation-classification"}, r"the task is relation-classification"),
        ("few", {"form": "multilabel"}, r"the task is multi-label-classification: write"),
        ("few", {"task_settings": {"pair": True}}, r"of pairs: write .* and one column of texts"),
        ("few", {"teacher_labels": "late,early"}, r"by their names: leave it out"),
        ("nli", {"template": "about it"}, r"write a sentence with \{\} once"),
        ("nli", {"template": "{} or {}"}, r"write a sentence with \{\} once"),
        ("few", {"teacher": "few:minilm"}, r"write few:hf:FOLDER"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings, kind, changes, sentence):
    config = settings(kind=kind).replaced(**changes)
    with pytest.raises(UserError, match=sentence):
        check_fitted(config, choose_task(config)[0])


def test_classes_that_are_not_the_data_s_are_refused(settings, tmp_path):
    config = settings(kind="similar")
    (tmp_path / "classes.toml").write_text('[classes]\nearly = "a"\nmiddle = "m"\n')
    task, _ = choose_task(config)
    with pytest.raises(UserError, match="unknown label 'late'; the file of classes has 2"):
        open_run_data(config, task)
    (tmp_path / "classes.toml").write_text(f'{CLASSES}never = "n"\n')
    data = open_run_data(config, task)
    assert data.labels == ("early", "late", "never")
