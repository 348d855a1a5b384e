"""Relations go the whole way: from a file of SemEval-2010 task 8 to answers of a file."""

import io
import json
import random
import shutil

import numpy as np
import pytest

NAMES = ("smith", "baker", "carver", "potter", "weaver", "mason", "cooper", "miller")
THINGS = ("cup", "loaf", "spoon", "scarf", "wall", "barrel", "bowl", "bread")
FORMS = {
    "Made(e1,e2)": "The <e1>{0}</e1> made a fine <e2>{1}</e2>.",
    "Made(e2,e1)": "The <e2>{0}</e2> made a fine <e1>{1}</e1>.",
    "Broke(e1,e2)": "The <e1>{0}</e1> broke a fine <e2>{1}</e2>.",
    "Broke(e2,e1)": "The <e2>{0}</e2> broke a fine <e1>{1}</e1>.",
    "Other": "The <e1>{0}</e1> walked by a fine <e2>{1}</e2>.",
}
TASK = ("--task", "relation-classification")
STUDENT = ("--student", "bag_of_ngrams:tiny", "--vocab-size", "120", "--max-length", "24")
LIGHT = """
import sys
from tfkd import cli
code = cli.main(sys.argv[1:])
assert not {"tensorflow", "keras", "tf_keras"} & set(sys.modules)
sys.exit(code)
"""
TEXT = "The <e1>baker</e1> broke a fine <e2>cup</e2>."


def sentences(count=240):
    draw = random.Random(0)
    for number in range(count):
        label = list(FORMS)[number % len(FORMS)]
        yield FORMS[label].format(draw.choice(NAMES), draw.choice(THINGS)), label


@pytest.fixture(scope="module")
def blocks(tmp_path_factory):
    path = tmp_path_factory.mktemp("relations") / "TRAIN_FILE.TXT"
    lines = [
        f'{i}\t"{text}"\n{label}\nComment: none\n\n'
        for i, (text, label) in enumerate(sentences(), 1)
    ]
    path.write_text("".join(lines))
    return path


@pytest.fixture(scope="module")
def run_folder(blocks, tmp_path_factory):
    from run_fixtures import call, short_teachers

    folder = tmp_path_factory.mktemp("relations") / "run"
    teacher = ("--teacher", "train:transformer:tiny", "--epochs", "3")
    with pytest.MonkeyPatch.context() as patch:
        short_teachers(patch)
        patch.chdir(folder.parent)
        assert call("distill", str(blocks), *TASK, *STUDENT, *teacher, "--to", str(folder)) == 0
    return folder


@pytest.fixture
def run(run_folder, tmp_path):
    return shutil.copytree(run_folder, tmp_path / "run")


def test_a_run_reports_macro_f1_of_the_relations(run):
    report = json.loads((run / "report.json").read_text())
    assert next(iter(report["measures"])) == "macro_f1"
    assert [row["name"] for row in report["rows"]][:2] == ["teacher", "alone"]
    assert all(0 <= row["scores"]["macro_f1"] <= 1 for row in report["rows"])
    data = json.loads((run / "data.json").read_text())
    assert data["labels"] == sorted(FORMS)


def test_the_tokenizer_has_the_marks_as_pieces(run):
    from tfkd.text import load

    encoder = load(run)
    pieces = [encoder.vocabulary[i] for i in encoder.encode(TEXT)]
    assert pieces[:5] == ["[CLS]", "the", "<e1>", "baker", "</e1>"]


@pytest.mark.usefixtures("workplace")
def test_answers_to_marks_and_spans(tfkd, refused, run, monkeypatch):
    file = str(run / "student.tflite")

    def say(*arguments, lines=None):
        if lines is not None:
            monkeypatch.setattr("sys.stdin", io.StringIO(lines))
        code, printed, said = tfkd("predict", file, *arguments)
        assert code == 0, said
        return [json.loads(line)["probabilities"] for line in printed.splitlines()]

    once = say("--json", TEXT)
    assert set(once[0]) == set(FORMS)
    assert say("--jsonl", lines=json.dumps({"text": TEXT}) + "\n") == once
    plain = TEXT.replace("<e1>", "").replace("</e1>", "").replace("<e2>", "").replace("</e2>", "")
    spans = {"text": plain, "head": {"start": 4, "end": 9}, "tail": [23, 26]}
    assert say("--jsonl", lines=json.dumps(spans) + "\n") == once
    words = {"tokens": plain.replace(".", " .").split(), "head": [1, 2], "tail": [5, 6]}
    np.testing.assert_allclose(
        list(say("--jsonl", lines=json.dumps(words) + "\n")[0].values()), list(once[0].values())
    )
    assert "text 1: no <e1> in the text" in refused("predict", file, "no marks here")
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{TEXT}\nno marks here\n"))
    assert "line 2 of stdin: no <e1>" in refused("predict", file)
    monkeypatch.setattr("sys.stdin", io.StringIO('{"text": "abc", "head": [0, 9], "tail": [1, 2]}'))
    assert "line 1 of stdin: head, characters 0 to 9" in refused("predict", file, "--jsonl")


@pytest.mark.usefixtures("workplace")
def test_a_file_of_sentences_is_answered_and_bad_rows_are_named(tfkd, refused, run, tmp_path):
    table = tmp_path / "some.csv"
    table.write_text(f'id,text\n7,"{TEXT}"\n8,no marks\n9,""\n')
    assert "some.csv, row 2 (line 3): no <e1>" in refused(
        "predict", str(run / "student.tflite"), str(table)
    )
    table.write_text(f'id,text\n7,"{TEXT}"\n9,""\n')
    code, printed, said = tfkd("predict", str(run / "student.tflite"), str(table), "--json")
    assert code == 0, said
    assert len(printed.splitlines()) == 2


@pytest.mark.usefixtures("workplace")
def test_other_files_timings_and_the_page(tfkd, refused, run):
    assert tfkd("compare", str(run))[0] == 0
    code, _, said = tfkd("compare", str(run), "--html", "page.html", "--texts", "30")
    assert code == 0, said
    code, _, said = tfkd("bench", str(run / "student.tflite"), "--json")
    assert code == 0, said
    code, _, said = tfkd("export", str(run), "--to", "small.keras")
    assert code == 0, said
    assert "mediapipe" in refused("export", str(run), "--client", "mediapipe").lower()


@pytest.mark.usefixtures("workplace")
def test_what_is_cached_is_found_by_a_run_with_another_student(tfkd, blocks, run):
    teacher = ("--teacher", f"keras:{run / 'teacher'}")
    code, _, said = tfkd("cache", str(blocks), *TASK, *teacher)
    assert code == 0, said
    other = ("--student", "transformer:tiny", "--vocab-size", "110")
    short = (*other, "--epochs", "1", "--no-alone", "--quantize", "float32")
    code, printed, said = tfkd("distill", str(blocks), *TASK, *teacher, *short)
    assert code == 0, said
    assert "examples to compute" not in printed


def test_the_file_answers_without_tensorflow(run, python):
    printed = python(LIGHT, "predict", run / "student.tflite", TEXT, "--json")
    assert json.loads(printed)["label"] in FORMS


@pytest.mark.usefixtures("workplace")
def test_an_encoder_without_spare_pieces_is_taught(tfkd, tmp_path):
    """The rows of the marks are new; a head on the whole text would know no direction."""
    pytest.importorskip("keras_hub")
    from tiny_bert import checkpoint

    from tfkd import load_teacher
    from tfkd.tasks import find

    rows = [{"text": text, "relation": label} for text, label in sentences(60)]
    (tmp_path / "rows.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    encoder = checkpoint(tmp_path / "encoder", head=False)
    command = ("teach", "rows.jsonl", *TASK, "--teacher", f"hf:{encoder}", "--epochs", "1")
    code, _, said = tfkd(*command, "--max-length", "40", "--to", "taught")
    assert code == 0, said
    task = find("relation-classification")
    taught = load_teacher(f"keras:{tmp_path / 'taught'}", task=task)
    assert taught.encoder.vocab_size == 31 + 4
    head = taught.model.get_layer("logits")
    assert head.kernel.shape == (2 * 32, len(FORMS))
    texts = (TEXT, TEXT.replace("e1>", "e0>").replace("e2>", "e1>").replace("e0>", "e2>"))
    examples = [task.example({"text": text}, "row") for text in texts]
    one, other = (row["logits"] for row in taught.run(task.tokens(examples, taught.encoder)))
    assert np.abs(one - other).max() > 1e-3
