"""A teacher whose classes are in another order is noticed before anything is written or trained."""

import json
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from tfkd import compare, distill, load_teacher, store
from tfkd.data import Example, ExampleReader
from tfkd.data.encoded_writer import encode
from tfkd.errors import UserError
from tfkd.models.text_model import TextModel
from tfkd.progress import log_progress
from tfkd.running.caching import cache
from tfkd.running.config import make_config
from tfkd.running.context import make_context
from tfkd.running.targets import open_outputs, store_folder
from tfkd.running.teacher_classes import check_class_order, name_classes
from tfkd.store.fingerprint import fingerprint
from tfkd.text import learn

NAMES = ("bad", "fine", "good")
ROWS = [{"text": f"a film, number {i}", "label": NAMES[i % 3]} for i in range(60)]
OTHER = [1, 2, 0]  # the class that the teacher means by each of its outputs
SETTINGS = {"student": "text_cnn:tiny", "vocab_size": 100, "max_length": 16, "epochs": 1}


@pytest.fixture
def answers(tmp_path, monkeypatch):
    """A store of a teacher that knows all labels, and whose classes are in another order."""
    monkeypatch.chdir(tmp_path)
    Path("data.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    ids = {row["text"]: OTHER.index(NAMES.index(row["label"])) for row in ROWS}

    def black_box(inputs, reads):
        rows = [ids[text.decode()] for text in inputs["text"].numpy()]
        return {"logits": np.eye(3, dtype="float32")[rows] * 5}

    black_box.fingerprint = "an API"
    store.write("answers", black_box, list(ids), verbose=0)
    return "store:answers"


def test_a_run_stops_before_it_begins(answers):
    """Half an hour of the teacher, of training and export, and then: check its labels' order."""
    with pytest.raises(UserError) as caught:
        distill(data="data.jsonl", teacher=answers, to="run", **SETTINGS)
    said = str(caught.value)
    assert "is right on 0.0% of" in said
    assert "in another order (good stands for bad, bad for fine, fine for good)" in said
    assert "Write --teacher-labels fine,good,bad if that is so." in said
    assert not Path("run").exists()


def test_the_cure_is_right(answers):
    """A sentence that names another wrong order."""
    result = distill(
        data="data.jsonl",
        teacher=answers,
        teacher_labels="fine,good,bad",
        to="run",
        alone=False,
        **SETTINGS,
    )
    assert result.report["teacher"].scores["accuracy"] == 1.0
    Path("names.txt").write_text("fine\ngood\nbad\n")
    named = make_config({"data": "data.jsonl", "teacher": answers, "teacher_labels": "names.txt"})
    context = make_context(named, log_progress)
    teacher = name_classes(load_teacher(answers), "names.txt", context.data.schema)
    assert teacher.labels == ("fine", "good", "bad")


def test_two_classes_are_exchanged_in_a_cache(answers, caplog):
    """Hours of a teacher's pass, for outputs that teach the opposite."""
    rows = [{**row, "label": "bad" if i % 3 else "a-good"} for i, row in enumerate(ROWS)]
    Path("two.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    logits = {row["text"]: [-3.0, 3.0] if row["label"] == "a-good" else [3.0, -3.0] for row in rows}

    def black_box(inputs, reads):
        return {"logits": np.array([logits[t.decode()] for t in inputs["text"].numpy()], "f4")}

    black_box.fingerprint = "another API"
    store.write("two", black_box, list(logits), verbose=0)
    config = make_config({"data": "two.jsonl", "teacher": "store:two"})
    with pytest.raises(UserError, match=r"exchanged \(a-good <-> bad\)\. Write --teacher-labels"):
        cache(config)
    assert not Path("runs").exists()
    wrong = config.replaced(teacher_labels="a-good,bad")
    with caplog.at_level("WARNING", "tfkd"):
        cache(wrong)
    assert "they are taken as teacher_labels name them" in caplog.text


MANY = ",".join(f"the intent number {n}" for n in range(77))


@pytest.mark.parametrize("given", ["fine,good", "fine,good,bad,bad", "Fine,good,worse", MANY])
def test_names_that_are_not_the_data_s(answers, given):
    with pytest.raises(UserError, match="the data's classes bad, fine, good: write each of these"):
        distill(data="data.jsonl", teacher=answers, teacher_labels=given, to="run", **SETTINGS)
    assert not Path("run").exists()


def test_other_names_do_not_cost_the_teacher_s_pass(answers):
    """Corrected names of the classes, and all texts go through the teacher again."""
    config = make_config(
        {"data": "data.jsonl", "teacher": answers, "teacher_labels": "fine,good,bad"}
    )
    first = cache(config)
    rows = [{**row, "label": {"bad": "z-bad"}.get(row["label"], row["label"])} for row in ROWS]
    Path("data.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    again = config.replaced(teacher_labels="fine,good,z-bad")
    before = sorted(path.name for path in first.path.glob("*.safetensors"))
    second = cache(again)
    assert second.path == first.path
    assert sorted(path.name for path in second.path.glob("*.safetensors")) == before
    one, other = (
        store_folder(make_context(again.replaced(student=student), log_progress))
        for student in ("bag_of_ngrams:tiny", "text_cnn:tiny")
    )
    assert one == other == first.path


def test_targets_are_in_the_data_s_order(tmp_path):
    """A store that is in the teacher's order, read as if it were in the data's."""
    encoder = learn(["a film, number 0123456789"] * 9, vocab_size=60, max_length=12)
    table = np.random.default_rng(0).normal(size=(60, 3)).astype("f4")
    model = TextModel(lambda ids: tf.gather(table, ids[:, 3]), encoder, NAMES).check()
    turned = model.reordered([2, 0, 1])
    assert turned.in_own_order().labels == NAMES
    texts = [row["text"] for row in ROWS[:9]]
    store.write(tmp_path / "s", turned.in_own_order(), texts, dtype="float32", verbose=0)

    examples = (Example(text=text) for text in texts)
    encoded = encode(examples, ExampleReader(), encoder, tmp_path / "encoded")
    found = open_outputs(tmp_path / "s", encoded, fingerprint(model), order=turned.order)
    np.testing.assert_allclose(found[:]["logits"], turned.logits(texts), atol=1e-6)
    (row,) = found.each(np.array([3]))
    np.testing.assert_allclose(row["logits"], turned.logits(texts)[3], atol=1e-6)
    # The same files, which another tfkd reads in another way.
    other = TextModel(lambda ids: tf.gather(-table, ids[:, 3]), encoder, NAMES).check()
    other.model.fingerprint = "-"
    with pytest.raises(UserError, match=r"another teacher .* - here. Give another folder"):
        open_outputs(tmp_path / "s", encoded, fingerprint(other), order=turned.order)


def test_compare_names_the_order():
    """`compare` in a notebook says only that the teacher is below chance."""
    x = np.eye(3, dtype="float32")[np.arange(90) % 3]
    report = compare(
        student=lambda x: x,
        teacher=lambda x: tf.roll(x, 1, axis=1),
        data=(x, np.arange(90) % 3),
    )
    assert "classes seem to be in another order (1 stands for 0" in report.words[0]


def test_texts_without_labels_are_no_reason_to_stop(answers):
    context = make_context(make_config({"data": "data.jsonl", "teacher": answers}), log_progress)
    teacher = load_teacher(answers)
    task = context.task
    task.examples_for_order = lambda schema: 0
    check_class_order(teacher, task, context.data, progress=log_progress, given=False)
