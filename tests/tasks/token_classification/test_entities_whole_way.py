"""Entities go the whole way: from a CoNLL file to answers of a file without TensorFlow.

Teacher and student have vocabularies of their own, and the student reads windows of 14 pieces.
"""

import io
import json
import shutil

import numpy as np
import pytest

from tfkd.data.name_grammar import compose_many
from tfkd.tasks import find

TASK = ("--task", "token-classification", "--task-set", "affixes=true")
SHORT = ("--batch-size", "16", "--learning-rate", "0.01")
STUDENT = ("--student", "text_cnn:tiny", "--vocab-size", "120", "--max-length", "14")
TEXT = "Anna Dahl visited Lisbon, and Delta Bank too."
LIGHT = """
import sys
sys.modules["tensorflow"] = sys.modules["keras"] = None
from tfkd.cli import main
sys.exit(main(sys.argv[1:]))
"""


def conll(count, seed=0):
    """Sentences in IOB1, with a column of nothing between words and tags."""
    lines = []
    for words, tags in compose_many(count, seed):
        before = "O"
        for word, tag in zip(words, tags, strict=True):
            begins = tag.startswith("B-") and before[2:] == tag[2:]
            lines.append(f"{word} X {tag if begins or tag == 'O' else 'I-' + tag[2:]}")
            before = tag
        lines.append("")
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def room(tmp_path_factory):
    """A folder with data, a teacher, and a run whose student is distilled from it."""
    from run_fixtures import call

    folder = tmp_path_factory.mktemp("entities")
    (folder / "names.conll").write_text(conll(300))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        teacher = ("--teacher", "train:bilstm:tiny", "--vocab-size", "300", "--max-length", "48")
        taught = ("teach", "names.conll", *TASK, *teacher, *SHORT, "--epochs", "6")
        assert call(*taught, "--to", "teacher") == 0
        run = ("distill", "names.conll", *TASK, *STUDENT, *SHORT, "--teacher", "keras:teacher")
        assert call(*run, "--epochs", "6", "--temperature", "1", "--to", "run") == 0
    return folder


@pytest.fixture
def run(room, tmp_path):
    shutil.copytree(room / "run", tmp_path / "run")
    # The page asks the models about the test examples.
    shutil.copy(room / "names.conll", tmp_path)
    return "run"


@pytest.fixture(scope="module")
def predictor(room):
    from tfkd.runtime import load

    return load(room / "run" / "student.tflite")


def test_the_report_has_the_scores_of_conlleval(room):
    report = json.loads((room / "run" / "report.json").read_text())
    assert list(report["measures"]) == list(find("token-classification").measures)
    rows = {row["name"]: row["scores"] for row in report["rows"]}
    assert rows["teacher"]["f1"] > 0.8
    assert rows["distilled"]["f1"] > 0.4
    assert rows["exported (int8)"]["f1"] == pytest.approx(rows["distilled"]["f1"], abs=0.05)
    data = json.loads((room / "run" / "data.json").read_text())
    assert data["labels"] == ["B-LOC", "B-ORG", "B-PER", "I-LOC", "I-ORG", "I-PER", "O"]


def test_teacher_and_student_cut_words_otherwise(room):
    from tfkd.text import load
    from tfkd.text.words import split_words

    words = [split_words(TEXT)]
    theirs, ours = (load(room / name).encode_words(words)[0] for name in ("teacher", "run"))
    assert len(theirs) == 1 < len(ours)
    assert sum(len(row["word_starts"]) for row in theirs) == len(words[0].words)
    assert theirs[0]["input_ids"] != ours[0]["input_ids"]


@pytest.mark.usefixtures("workplace")
def test_predictions_mark_the_text_or_give_all_fields(tfkd, run, monkeypatch):
    code, printed, said = tfkd("predict", run, TEXT, "it may rain")
    assert code == 0, said
    first, second = printed.splitlines()
    assert "[LOC Lisbon]" in first
    assert "[ORG Delta Bank]" in first
    assert second == "it may rain"

    lines = [{"text": TEXT, "id": 7}, {"tokens": TEXT.replace(",", " ,").split()}, {"text": ""}]
    lines = "".join(json.dumps(line) + "\n" for line in lines)
    monkeypatch.setattr("sys.stdin", io.StringIO(lines))
    code, printed, said = tfkd("predict", run, "--jsonl")
    assert code == 0, said
    text, words, empty = map(json.loads, printed.splitlines())
    assert text["id"] == 7
    for entity in text["entities"]:
        assert TEXT[entity["start"] : entity["end"]] == entity["text"]
        assert 0 < entity["score"] <= 1
    by_words = {(e["type"], e["text"], e["start"], e["end"]) for e in words["entities"]}
    assert ("ORG", "Delta Bank", 6, 8) in by_words
    assert empty["entities"] == []


@pytest.mark.usefixtures("workplace")
def test_files_of_words_and_of_texts_are_answered(tfkd, run, tmp_path):
    (tmp_path / "few.conll").write_text(conll(5, seed=9))
    (tmp_path / "few.csv").write_text(f'id,text\n7,"{TEXT}"\n')
    for name, count in (("few.conll", 5), ("few.csv", 1)):
        code, _, said = tfkd("predict", run, name, "--to", "out.jsonl")
        assert code == 0, said
        rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
        assert len(rows) == count
        assert all("entities" in row for row in rows)


@pytest.mark.usefixtures("workplace")
def test_files_pages_and_timings(tfkd, refused, run, tmp_path):
    code, _, said = tfkd("compare", run, "--html", "page.html")
    assert code == 0, said
    page = (tmp_path / "page.json").read_text()
    for title in ("How well each type is found", "What is wrong", "Which type is taken for"):
        assert title in page
    assert tfkd("export", run, "--quantize", "float32")[0] == 0
    assert tfkd("bench", "run/student-float32.tflite")[0] == 0
    assert "mediapipe" in refused("export", run, "--client", "mediapipe").lower()


def test_it_answers_without_tensorflow(room, python):
    printed = python(LIGHT, "predict", room / "run" / "student.tflite", "--json", TEXT)
    assert {"LOC", "ORG"} <= {each["type"] for each in json.loads(printed)["entities"]}


def test_a_long_text_has_the_entities_of_its_parts(predictor):
    """3,000 words in windows: what none of them cuts is found as in the text by itself."""
    sentences = [" ".join(words) for words, _ in compose_many(330, seed=4)]
    text = " ".join(sentences)
    assert len(text.split()) > 2_900
    (whole,) = predictor.predict([text])
    for entity in whole.entities:
        assert text[entity.start : entity.end] == entity.text
    # Padding of other words around a sentence changes what is near its ends; most is as it was.
    parts, start = set(), 0
    for sentence, found in zip(sentences, predictor.predict(sentences), strict=True):
        parts |= {(e.type, start + e.start, start + e.end) for e in found.entities}
        start += len(sentence) + 1
    joined = {(e.type, e.start, e.end) for e in whole.entities}
    assert len(joined & parts) > 0.6 * max(len(joined), len(parts))


def test_windows_are_joined_word_by_word(predictor):
    """A model that knows each word by itself gives the same tags, wherever windows end."""
    task, schema = predictor.task, predictor.schema
    words = [word for words, _ in compose_many(330, seed=4) for word in words]

    def run(rows):
        outputs = []
        for row in rows:
            seeds = [int(i) for i in np.asarray(row["input_ids"])[np.asarray(row["word_starts"])]]
            shape = len(schema.labels)
            logits = [np.random.default_rng(seed).normal(size=shape) for seed in seeds]
            outputs.append({"logits": np.array(logits)})
        return outputs

    def tags(words):
        example = task.example({"tokens": list(words)}, "row 1")
        rows = task.encode([example], predictor.encoder, schema)
        return rows[0], task.answers(run, rows, schema)[0].tags

    rows, whole = tags(words)
    assert len(rows) > 200
    alone = [int(i) for row in rows for i in row["first_word"] + np.arange(len(row["word_starts"]))]
    assert sorted(set(alone)) == list(range(len(words)))
    wide = predictor.encoder.__class__(predictor.encoder.tokenizer, 20_000)
    example = task.example({"tokens": words}, "row 1")
    rows = task.encode([example], wide, schema)
    assert len(rows[0]) == 1
    assert task.answers(run, rows, schema)[0].tags == whole


@pytest.mark.usefixtures("workplace")
@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (("--task-set", "scheme=2"), "scheme is 2: write one of IOB1"),
        (("--task-set", "scheme='IO'"), "is of another scheme|are names of types"),
        (("--task-set", "affixes=3"), "affixes is 3: write true or false"),
        (("--column", "tags=ner"), "no column 'ner'"),
        (("--student", "bag_of_ngrams"), "bag_of_ngrams is no student for token-classification"),
        (("--augment", "2"), "augment"),
        (("--baseline", "tfidf"), "baseline"),
    ],
)
def test_settings_that_lead_nowhere_are_refused_first(refused, room, tmp_path, flags, says):
    import re

    shutil.copy(room / "names.conll", tmp_path)
    said = refused("distill", "names.conll", *TASK[:2], "--teacher", "train", *flags, "--to", "x")
    assert re.search(says, said), said
    assert not (tmp_path / "x").exists()


@pytest.mark.usefixtures("workplace")
def test_records_that_cannot_be_read_are_named_by_line(refused, run, monkeypatch):
    for line, says in (
        ('{"tokens": "Anna Dahl"}', "line 1 of stdin: the words are one string"),
        ('{"tokens": []}', "line 1 of stdin: the words are"),
        ('{"words": ["a", 3]}', "word 2 is 3"),
        ('{"body": "x"}', "has no text"),
    ):
        monkeypatch.setattr("sys.stdin", io.StringIO(line + "\n"))
        assert says in refused("predict", run, "--jsonl")
