"""A task that lives in the tests alone goes the whole way, from texts to answers of a file."""

import json
import random

import pytest

TASK = ("--task", "tests.tasks.toy:Parity")
WORDS = ("a", "bb", "ccc", "dddd", "film", "good")


@pytest.fixture(scope="module")
def texts():
    """300 rows of a text, from which the label follows: there is no column for it."""
    draw = random.Random(0)
    rows = ({"text": " ".join(draw.choices(WORDS, k=draw.randint(3, 9)))} for _ in range(300))
    return "".join(json.dumps(row) + "\n" for row in rows)


@pytest.mark.usefixtures("workplace")
def test_a_task_of_nobody_goes_the_whole_way(tfkd, refused, texts, tmp_path):
    """Whatever is classification in the way between a file of texts and an answer shows here."""
    (tmp_path / "texts.jsonl").write_text(texts)
    short = ("--epochs", "2", "--max-length", "32", "--vocab-size", "200")
    models = ("--student", "text_cnn:tiny", "--teacher", "train:bag_of_ngrams:tiny")
    code, printed, said = tfkd("distill", "texts.jsonl", *TASK, *models, *short, "--to", "run")
    assert code == 0, said
    assert "task      tests.tasks.toy:Parity\n" in printed
    assert "points of both halves right" in printed

    report = json.loads((tmp_path / "run" / "report.json").read_text())
    assert [row["name"] for row in report["rows"]] == [
        *("teacher", "alone", "distilled", "exported (int8)")
    ]
    assert all({*row["scores"]} == {"both", "halves"} for row in report["rows"])
    assert report["rows"][0]["scores"]["both"] <= report["rows"][0]["scores"]["halves"]

    code, printed, _ = tfkd("compare", "run")
    assert code == 0
    assert "both halves right" in printed
    assert tfkd("compare", "run", "--html", "page.html")[0] == 0
    assert "halves right" in (tmp_path / "page.html").read_text()

    for kind in ("float32", "int8"):
        assert tfkd("export", "run", "--quantize", kind)[0] == 0
        file = f"run/student-{kind}.tflite"
        code, printed, said = tfkd("predict", file, *TASK, "--json", "a bb film", "good")
        assert code == 0, said
        answers = [json.loads(line)["answer"] for line in printed.splitlines()]
        assert [len(answer) for answer in answers] == [2, 2]
        assert {half for answer in answers for half in answer} <= {"even", "odd"}
        assert tfkd("bench", file, *TASK)[0] == 0
    # A file that imports code because it says so is a way in.
    assert "if you trust it" in refused("predict", "run/student.tflite", "a bb film")


@pytest.mark.usefixtures("workplace")
def test_a_setting_that_the_task_does_not_have_is_refused_first(refused, texts, tmp_path):
    (tmp_path / "texts.jsonl").write_text(texts)
    said = refused("distill", "texts.jsonl", *TASK, "--task-set", "lowest=3", "--to", "run")
    assert "has no setting 'lowest'" in said
    assert not (tmp_path / "run").exists()


@pytest.mark.usefixtures("workplace")
@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (("--task", "text-clasification"), "did you mean text-classification"),
        (("--column", "tags=ner"), "no column plays the role 'tags'"),
        (("--column", "text=review"), "no column 'review'"),
        (("--column", "text"), "write ROLE=NAME"),
        (("--task", "tests.tasks.nowhere:It"), "cannot be imported"),
    ],
)
def test_wrong_tasks_and_columns_are_one_sentence(refused, texts, tmp_path, flags, says):
    (tmp_path / "texts.jsonl").write_text(texts)
    assert says in refused("distill", "texts.jsonl", *flags, "--to", "run")
    assert not (tmp_path / "run").exists()
