"""Questions go the whole way: SQuAD's JSON to a teacher, a student, a file and its answers."""

import json
import shutil

import pytest

from tests.tasks.question_answering.town_questions import town_articles

STUDENT = ("--student", "text_cnn:tiny", "--vocab-size", "160", "--max-length", "24")
LEARNT = ("--vocab-size", "120", "--max-length", "32")
CONTEXT = "Anna lives in Halle as a baker. Ben lives in Jena as a miller."
QUESTION = "Where does Ben live?"


@pytest.fixture(scope="module")
def room(tmp_path_factory):
    """A teacher with windows and pieces of its own, and a student of other ones."""
    from run_fixtures import call, short_teachers

    folder = tmp_path_factory.mktemp("answers")
    (folder / "towns.json").write_text(json.dumps(town_articles(60, impossible=True)))
    with pytest.MonkeyPatch.context() as patch:
        short_teachers(patch)
        patch.chdir(folder)
        taught = ("--teacher", "train:transformer:tiny", "--epochs", "2", *LEARNT)
        assert call("teach", "towns.json", *taught, "--to", "teacher") == 0
        learnt = ("--teacher", "keras:teacher", "--epochs", "2", *STUDENT)
        assert call("distill", "towns.json", *learnt, "--to", "run") == 0
    return folder


@pytest.fixture
def run(room, tmp_path):
    return shutil.copytree(room / "run", tmp_path / "run")


def test_a_run_reports_exact_match_and_f1(run):
    report = json.loads((run / "report.json").read_text())
    assert [row["name"] for row in report["rows"]] == [
        *("teacher", "alone", "distilled", "exported (int8)")
    ]
    assert all(list(row["scores"]) == ["f1", "exact_match"] for row in report["rows"])
    tuned = json.loads((run / "tuned.json").read_text())
    assert set(tuned) >= {"teacher", "student"}
    assert "threshold" in tuned["student"]["schema"]["settings"]
