"""Answers that a student does not learn from: which, why, and what the report says of them."""

import json

import numpy as np
import pytest

from tfkd import tasks
from tfkd.data import Example, Schema
from tfkd.errors import UserError
from tfkd.running import student_training
from tfkd.running.answer_filter import COUNTS, _Judge
from tfkd.running.config import make_config
from tfkd.running.filter_setting import filters

TASK, SCHEMA = tasks.find("text-classification"), Schema(("bad", "good"))


def answers_of(*logits):
    rows = [[{"input_ids": [1]}] for _ in logits]
    return TASK.answers(lambda given: [{"logits": np.array(x)} for x in logits], rows, SCHEMA)


EXAMPLES = [Example(text="a", label=0), Example(text="b", label=1), Example(text="c")]


def test_sure_answers_are_kept():
    """A threshold on the wrong side, or on logits."""
    answers = answers_of([1.0, 0.0], [0.0, 0.1], [0.0, 3.0])
    assert [*_Judge(TASK, 0.6, False).judge(answers, EXAMPLES, None)] == ["", "unsure", ""]
    assert [*_Judge(TASK, 0.99, False).judge(answers, EXAMPLES, None)] == ["unsure"] * 3


def test_labels_agree_or_are_not_there():
    """Texts without a label, the most of a transfer set, left out."""
    answers = answers_of([1.0, 0.0], [3.0, 0.1], [0.0, 3.0])
    assert [*_Judge(TASK, 0.0, True).judge(answers, EXAMPLES, None)] == ["", "disputed", ""]


def test_a_second_teacher_agrees():
    """Two teachers compared by their probabilities and not their answers."""
    ours, theirs = answers_of([1.0, 0.0], [3.0, 0.1]), answers_of([9.0, 0.0], [0.0, 0.1])
    assert [*_Judge(TASK, 0.0, False).judge(ours, EXAMPLES[:2], theirs)] == ["", "disputed"]


def test_an_answer_without_a_number():
    """NaN, of which every comparison is false."""
    with pytest.raises(UserError, match="gives no probability of its answer"):
        [*_Judge(TASK, 0.5, False).judge(answers_of([np.nan, np.nan]), EXAMPLES[:1], None)]


@pytest.fixture
def rows_learnt(monkeypatch):
    """The positions of the rows that each training is given, by its objective's reads."""
    real, found = student_training.make_feed, {}

    def watch(stage, *arguments, **options):
        feed = real(stage, *arguments, **options)
        found[stage.name] = np.sort(feed._positions)
        return feed

    monkeypatch.setattr(student_training, "make_feed", watch)
    return found


def test_a_run_learns_what_is_left_and_reports_the_rest(
    tfkd, taught, rows_learnt, tmp_path, short_settings
):
    """Test texts that are dropped, a teacher that is asked again, counts that nobody sees."""
    given = [each for each in short_settings if each != "--no-alone"]
    agree = ("--min-confidence", "0.503", "--agree", "labels")
    code, _, said = tfkd("distill", *given, *agree, "--to", "out")
    assert code == 0, said
    counts = json.loads((tmp_path / "out" / COUNTS).read_text())
    dropped = sum(n for key in ("unsure", "disputed") for n in counts[key].values())
    assert 0 < counts["kept"] < counts["texts"]
    assert counts["kept"] + dropped == counts["texts"]
    assert set(counts["unsure"]) <= {"neg", "pos", "negative", "positive"}
    assert len(rows_learnt["distilled"]) == counts["kept"]
    # Half of the sample has no labels.
    assert len(rows_learnt["alone"]) == 200
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["facts"]["answers learnt"].startswith(f"{counts['kept']} of {counts['texts']}")
    assert (
        f"{report['facts']['answers learnt'].split(';')[0]}; dropped"
        in (tmp_path / "out" / "report.md").read_text()
    )


def test_the_teacher_itself_agrees_with_all(tfkd, taught, short_settings, tmp_path, monkeypatch):
    """A second teacher that reads the first one's ids, or answers that are shifted."""
    import shutil

    other = shutil.copytree(taught, tmp_path / "other")
    monkeypatch.setattr(student_training, "train_students", stop)
    command = ("distill", *short_settings, "--agree", f"keras:{other}", "--to", "out")
    assert tfkd(*command)[0] == 130
    counts = json.loads((tmp_path / "out" / COUNTS).read_text())
    assert counts["kept"] == counts["texts"] > 100
    assert len(list((tmp_path / "targets").iterdir())) == 2


def stop(*arguments):
    raise KeyboardInterrupt


def test_nothing_is_left(refused, short_settings, tmp_path):
    """A training on no text, or its error from inside a feed."""
    said = refused("distill", *short_settings, "--min-confidence", "1", "--to", "out")
    assert "answers is left to learn from: 0 of" in said
    assert "lower min_confidence, or leave agree out" in said


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--min-confidence", "60"], "min_confidence is 60.0: write a probability, e.g. 0.6"),
        (["--min-confidence", "-1"], "min_confidence is -1.0: write 0 or more"),
        (["--min-confidence", "nan"], "min_confidence is nan: write 0 or more"),
        (["--min-confidence", "0.6", "--no-cache"], "reads the teacher's stored answers"),
        (["--agree", "train"], "write labels, or a teacher that is trained already"),
        (["--agree", "label"], "label"),
        (
            ["--agree", "labels", "--form", "regression", "--teacher", "train"],
            "the answers of the task text-regression have no confidence to choose by",
        ),
    ],
)
def test_told_before_anything_is_read(flags, words, refused, short_settings, tmp_path, monkeypatch):
    """An hour of the teacher, and then a filter that cannot be."""
    monkeypatch.setattr("tfkd.running.context.open_run_data", None)
    assert words in refused("distill", *short_settings, *flags, "--to", "out")
    assert not (tmp_path / "out").exists()


def test_a_second_teacher_is_looked_at_first(refused, short_settings, tmp_path, monkeypatch):
    """A path that is wrong, found behind the pass of the first teacher."""
    monkeypatch.setattr("tfkd.running.phases.prepare", None)
    said = refused("distill", *short_settings, "--agree", "keras:nowhere", "--to", "out")
    assert "nowhere" in said
    assert not (tmp_path / "out").exists()


def test_the_teacher_cannot_agree_with_itself(refused, short_settings, taught):
    """A filter that keeps everything."""
    said = refused("distill", *short_settings, "--agree", f"keras:{taught}", "--to", "out")
    assert "agree is the teacher itself" in said


def test_no_filter_by_default():
    """A pass over all answers that nobody asked for."""
    assert not filters(make_config({"data": "sample"}))
