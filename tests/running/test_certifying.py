"""A run's file gets the confidence below which it asks, from texts that the run has not seen."""

import json
import shutil

import numpy as np
import pytest

from tfkd import UserError
from tfkd.data import Example
from tfkd.reporting.certificate import Certificate
from tfkd.running import certifying, held_out
from tfkd.running.certifying import certify
from tfkd.running.context import open_run
from tfkd.running.held_out import Judge, Judged, find_unseen
from tfkd.running.reports.figures import read_certificate
from tfkd.runtime import load
from tfkd.runtime.unsure_answers import write_ask_below
from tfkd.tasks.text_classification import Prediction, TextClassification

RISK = 90.0
"""The student of the tests learnt little, and its test split is 50 texts."""


@pytest.fixture(scope="module")
def run(finished, tmp_path_factory):
    return shutil.copytree(finished, tmp_path_factory.mktemp("certify") / "run")


@pytest.fixture(scope="module")
def certified(run):
    """The run's file certified against its teacher."""
    return certify(run, risk=RISK)


def test_the_file_asks_below_what_was_certified(run, certified):
    """A certificate in the folder, and a file that answers everything."""
    predictor = load(run / "student.tflite")
    assert predictor.ask_below == certified.certificate.threshold
    written = json.loads((run / "certificate.json").read_text())
    assert written["ask_below"]["confidence"] == predictor.ask_below
    assert written["ask_below"]["risk"] == RISK / 100
    assert [each["risk"] for each in written["shown"]] == [0.01, 0.02, 0.05, 0.9]
    assert not (run / "work").exists()


def test_the_figures_are_those_of_the_file_on_the_test_split(run, certified):
    """Confidence of the Keras student, which is not what runs."""
    context = open_run(run)
    examples = list(context.data.read("test"))
    predictor = load(run / "student.tflite")
    predictor.ask_below = None
    sure = np.array([answer.probability for answer in predictor.predict(examples)])
    found = certified.certificate
    assert found.texts == len(examples) - certified.left_out
    assert abs(int((sure >= found.threshold).sum()) - found.answered) <= certified.left_out
    assert found.bound <= RISK / 100


def test_a_file_that_was_exported_anew_is_not_certified(run, certified, tmp_path):
    """The page certified a file that answers everything."""
    context = open_run(shutil.copytree(run, tmp_path / "run"))
    assert read_certificate(context)["ask_below"]["confidence"] == certified.certificate.threshold
    write_ask_below(context.folder / "student.tflite", {"confidence": 0.123, "questions": 1})
    assert read_certificate(context) is None
    (context.folder / "certificate.json").unlink()
    assert read_certificate(context) is None


def test_the_report_of_a_certified_run_counts_all_answers(run, certified):
    """An `Ask` that is scored as a wrong answer, or that breaks the table."""
    from tfkd.running.measuring import answer_by_file, open_test_set

    context = open_run(run)
    row, _ = answer_by_file(
        open_test_set(context.task, context.data), run / "student.tflite", context.progress
    )
    report = json.loads((run / "report.json").read_text())
    (before,) = (each for each in report["rows"] if each["name"] == row.name)
    assert row.scores == pytest.approx(before["scores"], abs=1e-9)


def test_a_file_of_labelled_texts(run, certified, tmp_path):
    """A second certificate, against labels, on texts that the user kept back."""
    context = open_run(run)
    rows = [*context.data.read("test"), *context.data.read("validation")]
    texts = tmp_path / "kept.jsonl"
    names = context.data.labels
    texts.write_text(
        "".join(json.dumps({"text": e.text, "label": names[e.label]}) + "\n" for e in rows)
    )
    found = certify(run, risk=95.0, against="labels", data=texts)
    assert found.left_out >= context.data.counts["validation"]
    assert found.certificate.texts <= context.data.counts["test"]
    assert json.loads((run / "certificate.json").read_text())["ask_below"]["data"] == "kept.jsonl"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"risk": 0.5}, "even without one wrong answer it takes 598; give --risk"),
        ({"risk": 0}, "above 0 and below 100"),
        ({"risk": 100.0}, "above 0 and below 100"),
        ({"against": "truth"}, "write teacher or labels"),
        ({"data": "nowhere.jsonl"}, "nowhere.jsonl"),
        ({"file": "nowhere.tflite"}, "there is no file nowhere.tflite"),
    ],
)
def test_what_cannot_be_certified_changes_nothing(run, certified, contents, options, words):
    """A threshold that nothing proves, in a file that says it is proven."""
    before = contents(run)
    with pytest.raises(UserError, match=words):
        certify(run, **{"risk": RISK, **options})
    after = contents(run)
    assert {k: v[1] for k, v in after.items() if k != ".lock"} == {
        k: v[1] for k, v in before.items() if k != ".lock"
    }


def test_no_threshold_that_passes(run, certified, monkeypatch):
    """A file whose answers are wrong, which would answer all the same."""

    def wrong(self, examples, split=""):
        return Judged(np.ones(500), np.arange(500) % 20 > 0)

    monkeypatch.setattr(Judge, "judge", wrong)
    with pytest.raises(UserError, match="no threshold keeps a risk of 90 %"):
        certify(run, risk=RISK)


def test_texts_that_the_run_has_seen_are_left_out(run):
    """Texts it was tuned on, among which it is never wrong."""
    context = open_run(run)
    seen = [next(iter(context.data.read(split))) for split in ("train", "validation")]
    assert find_unseen(context, [*seen, Example(text="of nobody", label=0)]).tolist() == [2]


def test_images_are_told_apart_by_their_pixels(monkeypatch):
    """Without texts all examples were the same one, and all of them seen."""
    seen, other = (Example(image=np.full((2, 2), value, "uint8"), label=0) for value in (1, 2))
    monkeypatch.setattr(held_out, "read_split", lambda context, split: [seen])
    monkeypatch.setattr(TextClassification, "texts", lambda self, example: ())
    assert find_unseen(Stub(), [seen, other]).tolist() == [1]


class Stub:
    """A context of nothing but a task."""

    task = TextClassification()


def test_wrong_against_labels_and_without_one(monkeypatch):
    """A text without a label counted as right."""
    answers = [Prediction("good", p, {"bad": 1 - p, "good": p}) for p in (0.9, 0.8, 0.7)]
    monkeypatch.setattr(Judge, "_refuse_unsure", lambda self, example: None)
    monkeypatch.setattr(Judge, "_ask", lambda self, *rest: answers)
    examples = [Example(text="a", label=label) for label in (1, -100, 0)]
    judged = Judge(Stub(), Stub(), "labels")
    judged.predictor.schema = None
    found = judged.judge(examples)
    assert (found.confidence.tolist(), found.wrong.tolist()) == ([0.9, 0.7], [False, True])


def test_a_task_without_confidence_is_refused(monkeypatch):
    """A threshold of nothing."""
    monkeypatch.setattr(held_out, "answer_examples", lambda *rest: [3.5])
    judge = Judge(Stub(), Stub(), "labels")
    judge.predictor.schema = None
    monkeypatch.setattr(TextClassification, "confidence", lambda self, answer: None)
    with pytest.raises(UserError, match="gives no confidence"):
        judge.judge([Example(text="a", label=0)])


def test_a_task_that_writes_is_refused(monkeypatch):
    """A translator that was said to be wrong wherever it chose another word."""
    monkeypatch.setattr(TextClassification, "writes", True)
    with pytest.raises(UserError, match="writes texts, and other words"):
        Judge(Stub(), Stub(), "labels").judge([Example(text="a", label=0)])


def test_the_parts_of_a_file_are_drawn_alike():
    """Texts that chose the thresholds and test them too."""
    rows = Judged(np.arange(50.0), np.zeros(50, bool))
    few, others = rows.split(5)
    assert (len(few), len(others)) == (10, 40)
    assert sorted([*few.confidence, *others.confidence]) == list(range(50))
    assert rows.split(5)[0].confidence.tolist() == few.confidence.tolist()


def test_a_table_tells_which_risk_no_threshold_keeps():
    """0 % answered, as if that were a certificate."""
    passed = Certificate(0.05, 0.8, 1_000, 600, 12, 0.04)
    failed = Certificate(0.01, None, 1_000, 300, 9, 0.05)
    made = certifying.Certified("a.tflite", "teacher", passed, (failed, passed))
    assert "| 99 % | none passed | 0.00 % |  |  |" in made.table()
    assert "| 95 % | 0.8000 | 60.00 % | 12 of 600 | 4.00 % |" in made.table()
    assert "at most 5 % differs from the teacher, with 95 % confidence (12 of 600 here)" in (
        made.summary()
    )


def test_the_command_shows_the_table_and_predict_asks(run, certified, tfkd):
    """A command that writes, and does not say what."""
    code, shown, _ = tfkd("certify", run, "--risk", "90")
    assert code == 0
    assert "| 10 % |" in shown
    assert "asks below a confidence of" in shown
    (run / "asks.tflite").write_bytes((run / "student.tflite").read_bytes())
    from tfkd.runtime.unsure_answers import write_ask_below

    write_ask_below(run / "asks.tflite", {"confidence": 1.0})
    code, line, _ = tfkd("predict", run / "asks.tflite", "a film like any other")
    assert line.startswith("ask  ")
    code, line, _ = tfkd("predict", run / "asks.tflite", "--json", "a film like any other")
    found = json.loads(line)
    assert (found["ask"], found["confidence"]) == (True, found["probability"])
