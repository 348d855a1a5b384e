"""TF-IDF as a second control: on the labels that the student has, and in the report."""

import json

import numpy as np
import pytest

from tfkd.data import Example, Schema
from tfkd.running._run import measure_again
from tfkd.running.baseline import TfidfFeatures, labelled_examples
from tfkd.running.baseline_setting import NAMES
from tfkd.running.context import open_run
from tfkd.tasks import Task, find
from tfkd.tasks.text_classification.linear import fit_logistic

pytest.importorskip("sklearn")
TASK = find("text-classification")


def change_settings(run, **changes):
    """Give a finished run other settings of its training."""
    from tfkd.running import config as configs

    path = run / "config.toml"
    configs.write_config(configs.read_config(path).replaced(**changes), path)


def test_the_report_has_a_row_of_it(copy, begun, monkeypatch):
    """A control that is asked for and not there, or that counts as the exported file."""
    monkeypatch.chdir(begun)
    change_settings(copy, baseline="tfidf")
    report = measure_again(copy)
    assert [row.name for row in report.rows][-2:] == ["TF-IDF", "exported (int8)"]
    row = report["TF-IDF"]
    assert row.parameters is None
    assert 0 <= row.agreement <= 1
    context = open_run(copy)
    train, test = list(context.data.read("train")), list(context.data.read("test"))
    features = TfidfFeatures(TASK, train)
    model = fit_logistic(features.transform(train), np.array([each["label"] for each in train]), 2)
    answers = model(features.transform(test))["logits"].argmax(axis=1)
    right = np.mean(answers == [each["label"] for each in test])
    assert row.scores["accuracy"] == pytest.approx(right)
    assert json.loads((copy / "report.json").read_text())["rows"][-2]["name"] == "TF-IDF"


def test_it_learns_from_the_labels_that_the_student_has(copy, begun, monkeypatch):
    """With `--labelled 20`, a control that was trained on all labels."""
    from tfkd.running.encoders import open_encoder
    from tfkd.running.texts import RunTexts

    monkeypatch.chdir(begun)
    change_settings(copy, labelled=20)
    context = open_run(copy)
    examples = labelled_examples(context)
    assert len(examples) == 20
    encoded = RunTexts(context, open_encoder(context)).encode("transfer")
    known = np.flatnonzero(encoded.with_labels(20, context.config.training.seed).has_labels())
    train = list(context.data.read("train"))
    assert [each["text"] for each in examples] == [train[i]["text"] for i in known]


def test_a_class_without_training_texts_is_never_answered():
    """Its logit in the place of another class's."""
    predict = fit_logistic(np.eye(3), np.array([0, 2, 2]), 4)
    logits = predict(np.eye(3))["logits"]
    assert logits.shape == (3, 4)
    assert logits.argmax(axis=1).tolist() == [0, 2, 2]
    assert (logits[:, [1, 3]] == -60).all()


def test_training_texts_of_one_class_give_that_class():
    """scikit-learn refuses them with a traceback."""
    predict = fit_logistic(np.eye(3), np.array([1, 1, 1]), 2)
    assert predict(np.eye(2))["logits"].argmax(axis=1).tolist() == [1, 1]


def test_languages_without_blanks_have_words():
    """A Chinese text that is one word, known to no other text."""
    examples = [Example(text=text) for text in ("好看的电影", "难看的电影", "I am 5")]
    words = TfidfFeatures(TASK, examples)._vectorizer.vocabulary_
    assert {"好", "电", "电 影", "i", "5"} <= set(words)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"sklearn": None}, 'pip install "tfkd[baseline]"'),
        ({}, "has no linear model of TF-IDF"),
        ({"kind": "lead"}, "has tfidf: write"),
    ],
)
def test_refused_before_the_work(refused, rows, monkeypatch, change, words):
    """A traceback in the report, after the training."""
    kind = change.get("kind", "tfidf")
    command = ["distill", rows(), "--baseline", kind, "--teacher", "train:bag_of_ngrams:tiny"]
    if "sklearn" in change:
        monkeypatch.setattr(
            "tfkd.running.baseline_setting.importlib.util.find_spec", lambda name: None
        )
    elif not change:
        monkeypatch.setattr(type(TASK), "fit_linear", Task.fit_linear)
    assert words in refused(*command)


def test_schema_names_stay_in_order():
    """Logits by the order in which the classes first occur."""
    schema = Schema(("bad", "good"))
    examples = [Example(text="a", label=1), Example(text="b", label=0)]
    features = TfidfFeatures(TASK, examples)
    outputs = TASK.fit_linear(features.transform(examples), examples, schema)
    found = outputs(features.transform(examples))["logits"].argmax(axis=1)
    assert found.tolist() == [1, 0]
    assert NAMES["tfidf"] == "TF-IDF"
