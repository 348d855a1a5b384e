"""A task of words that lives in the tests alone goes the whole way, through windows and pieces."""

import json
import random

import pytest

TASK = ("--task", "tests.tasks.toy_words:Capitals", "--task-set", "affixes=true")
PARTS = ("ra", "no", "li", "ste", "mu", "ko", "bel", "an")
SHORT = ("--epochs", "4", "--batch-size", "16", "--learning-rate", "0.02")


@pytest.fixture(scope="module")
def texts():
    """200 texts; the label of each word follows from it, and most have more words than fit."""
    draw = random.Random(0)
    small = ["".join(draw.choices(PARTS, k=draw.randint(1, 4))) for _ in range(150)]
    words = [word.capitalize() if draw.random() < 0.4 else word for word in small] + [",", "."]
    rows = ({"text": " ".join(draw.choices(words, k=draw.randint(3, 30)))} for _ in range(200))
    return "".join(json.dumps(row) + "\n" for row in rows)


def scores_of(run):
    report = json.loads((run / "report.json").read_text())
    return {row["name"]: row["scores"]["words"] for row in report["rows"]}


@pytest.mark.usefixtures("workplace")
def test_words_go_the_whole_way(tfkd, texts, tmp_path):
    """The student has other pieces than its teacher, and other windows; the words are the same."""
    (tmp_path / "texts.jsonl").write_text(texts)
    one = ("--teacher", "train:text_cnn:tiny", "--student", "text_cnn:tiny", "--max-length", "24")
    fast = ("--teacher-epochs", "6", "--teacher-learning-rate", "0.02", "--vocab-size", "400")
    code, _, said = tfkd("distill", "texts.jsonl", *TASK, *one, *fast, *SHORT, "--to", "a")
    assert code == 0, said
    teacher = scores_of(tmp_path / "a")["teacher"]
    assert teacher > 0.85

    other = ("--teacher", "keras:a/teacher", "--student", "text_cnn:tiny", "--max-length", "12")
    flags = (*TASK, *other, "--vocab-size", "100", *SHORT, "--to", "b")
    code, _, said = tfkd("distill", "texts.jsonl", *flags)
    assert code == 0, said
    found = scores_of(tmp_path / "b")
    assert found["teacher"] == pytest.approx(teacher)
    assert found["distilled"] > 0.85
    assert found["exported (int8)"] == pytest.approx(found["distilled"], abs=0.03)

    text = "Ranoli ste Muko , " * 30
    code, printed, said = tfkd("predict", "b/student.tflite", *TASK[:2], "--json", text, "Ra no")
    assert code == 0, said
    long, short = (json.loads(line)["answer"] for line in printed.splitlines())
    assert (len(long), len(short)) == (120, 2)
    assert tfkd("compare", "b", "--html", "page.html")[0] == 0
    assert "words right" in (tmp_path / "page.html").read_text()
