"""Questions go the whole way: SQuAD's JSON to a teacher, a student, a file and its answers."""

import io
import json
import shutil
import subprocess
import sys

import pytest

from tests.tasks.question_answering.town_questions import town_articles
from tfkd import UserError
from tfkd.runtime import load

STUDENT = ("--student", "text_cnn:tiny", "--vocab-size", "160", "--max-length", "24")
LEARNT = ("--vocab-size", "120", "--max-length", "32")
CONTEXT = "Anna lives in Halle as a baker.\nBen lives in Jena as a miller."
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
        taught = ("--teacher", "train:transformer:tiny", "--epochs", "1", *LEARNT)
        assert call("teach", "towns.json", *taught, "--to", "teacher") == 0
        learnt = ("--teacher", "keras:teacher", "--epochs", "1", *STUDENT)
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
    settings = tuned["student"]["schema"]["settings"]
    # The threshold is in the file too.
    assert load(run / "student.tflite").schema.settings == settings
    assert isinstance(settings["threshold"], float)
    assert "question" in (run / "README.md").read_text()


@pytest.mark.usefixtures("workplace")
def test_answers_by_flags_lines_json_and_files(tfkd, refused, room, run, monkeypatch):
    file = str(run / "student.tflite")

    def say(*arguments, lines=None):
        if lines is not None:
            monkeypatch.setattr("sys.stdin", io.StringIO(lines))
        code, printed, said = tfkd("predict", file, *arguments)
        assert code == 0, said
        return printed

    (once,) = map(json.loads, say("--json", "--pair", QUESTION, CONTEXT).splitlines())
    assert {"answer", "start", "end", "score", "no_answer", "alternatives"} <= set(once)
    for span in (once, *once["alternatives"]):
        if span["start"] is not None:
            assert CONTEXT[span["start"] : span["end"]] == span["answer"]
    record = {"id": 7, "question": QUESTION, "context": CONTEXT}
    told = json.loads(say("--jsonl", lines=json.dumps(record) + "\n"))
    assert told["id"] == 7
    assert (told["answer"], told["score"]) == (once["answer"], once["score"])
    assert say("--pair", QUESTION, CONTEXT).count("\n") == 1
    assert "420 rows" in say(str(room / "towns.json"), "--to", "answers.jsonl")
    assert "--pair" in refused("predict", file, "one text")
    assert "question 0 is empty" in str(_refused_by(file, {"question": "", "context": "a"}))
    assert "has no context" in str(_refused_by(file, {"question": "who?"}))


def _refused_by(file, example):
    with pytest.raises(UserError) as error:
        load(file).predict([example])
    return error.value


def test_long_contexts_are_read_in_windows(run):
    """A context of 3,000 words has spans in all of its parts, exactly as they stand there."""
    predictor = load(run / "student.tflite")
    context = "  ".join(f"Person{i} lives in Town{i} -- as a baker.\n" for i in range(400))
    rows = predictor.task.encode(
        predictor.examples([(QUESTION, context)]), predictor.encoder, predictor.schema
    )[0]
    assert len(rows) > 100
    assert int(rows[-1]["first_word"]) + len(rows[-1]["word_starts"]) - 1 > 3_000
    (answer,) = predictor.predict([(QUESTION, context)])
    assert answer.spans
    assert all(context[span.start : span.end] == span.text for span in answer.spans)


def test_a_file_answers_without_tensorflow(run):
    code = (
        "import sys\n"
        "for name in ('tensorflow', 'keras', 'tf_keras'): sys.modules[name] = None\n"
        "from tfkd.runtime import load\n"
        f"predictor = load({str(run / 'student.tflite')!r})\n"
        f"(answer,) = predictor.predict([({QUESTION!r}, {CONTEXT!r})])\n"
        "print(type(answer).__name__, len(answer.spans))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["Answer", "5"], done.stderr


@pytest.mark.usefixtures("workplace")
def test_the_page_other_files_and_timings(tfkd, refused, room, run, tmp_path, monkeypatch):
    assert tfkd("compare", str(run))[0] == 0
    # The data are named from where the run began.
    monkeypatch.chdir(room)
    page = tmp_path / "page.html"
    code, _, said = tfkd("compare", str(run), "--html", str(page), "--texts", "20")
    assert code == 0, said
    assert "Which questions are answered" in page.read_text(encoding="utf-8")
    assert tfkd("bench", str(run / "student.tflite"), "--json")[0] == 0
    for flags in (("--quantize", "float32"), ("--to", "s.keras")):
        code, _, said = tfkd("export", str(run), *flags)
        assert code == 0, said
    assert "mediapipe" in refused("export", str(run), "--client", "mediapipe").lower()


@pytest.mark.usefixtures("workplace")
def test_what_cannot_be_read_is_refused_before_any_work(refused, room, tmp_path):
    whole = json.loads((room / "towns.json").read_text())
    whole["data"][3]["paragraphs"][0]["qas"][0]["answers"][0]["answer_start"] = 1
    (tmp_path / "broken.json").write_text(json.dumps(whole))
    teacher = ("--teacher", "train:transformer:tiny")
    said = refused("distill", "broken.json", *STUDENT, *teacher, "--to", "run")
    assert "broken.json, question 22 (0-3-0): the answer" in said
    assert "not at character 1" in said
    wrong = ("--task-set", "longest=0")
    assert "longest is 0" in refused("distill", str(room / "towns.json"), *wrong, "--to", "run")
    said = refused("distill", str(room / "towns.json"), "--student", "bag_of_ngrams:tiny")
    assert "transformer, bilstm, text_cnn" in said
    assert not (tmp_path / "run").exists()
