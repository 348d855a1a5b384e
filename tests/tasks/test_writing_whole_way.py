"""A task that writes goes the whole way: taught, distilled, compared, exported, asked and timed."""

import json

import pytest

keras = pytest.importorskip("keras")

from tests.toy_languages import write_pairs
from tfkd import teachers

# A teacher that has hardly learnt writes far from the reference.
ALL = ("--task-set", "least_chrf=0", "--task-set", "most_ratio=0")
SMALL = ("--max-length", "24", "--vocab-size", "500", "--task-set", "longest=20")
TASK = ("--task", "translation")


@pytest.fixture
def pairs(tmp_path):
    lines = "".join(json.dumps(pair) + "\n" for pair in write_pairs(300))
    (tmp_path / "pairs.jsonl").write_text(lines)
    return "pairs.jsonl"


@pytest.mark.slow
@pytest.mark.usefixtures("workplace")
def test_from_pairs_to_a_file_that_translates(tfkd, pairs, tmp_path):
    code, printed, said = tfkd(
        "teach", pairs, *TASK, "--teacher", "train:seq2seq:tiny", *SMALL, "--to", "taught"
    )
    assert code == 0, said
    assert "test texts: bleu " in printed

    code, printed, said = tfkd(
        *("distill", pairs, *TASK, "--teacher", "keras:taught", "--student", "seq2seq:tiny"),
        *(
            "--tokenizer",
            "taught",
            *SMALL,
            *ALL,
            "--epochs",
            "2",
            "--baseline",
            "copy",
            "--to",
            "run",
        ),
    )
    assert code == 0, said
    report = json.loads((tmp_path / "run" / "report.json").read_text())
    assert [row["name"] for row in report["rows"]] == [
        *("teacher", "alone", "distilled", "copy of the source", "exported (int8)")
    ]
    assert all([*row["scores"]] == ["bleu", "chrf"] for row in report["rows"])
    assert all(0 <= row["scores"]["chrf"] <= 1 for row in report["rows"])
    assert report["facts"]["signature of BLEU"].startswith("nrefs:1|")
    *_, distilled, _, file = report["rows"]
    assert distilled["scores"]["chrf"] == pytest.approx(file["scores"]["chrf"], abs=0.1)

    code, printed, said = tfkd("compare", "run", "--html", "page.html")
    assert code == 0, said
    assert "What they write" in (tmp_path / "page.html").read_text()
    code, printed, said = tfkd("export", "run", "--quantize", "float32")
    assert code == 0, said
    code, printed, said = tfkd("predict", "run/student-float32.tflite", "--json", "the cat sees.")
    assert code == 0, said
    assert {"text", "score"} <= set(json.loads(printed))
    code, printed, said = tfkd("bench", "run/student.tflite")
    assert code == 0, said
    assert "tokens" in printed


@pytest.mark.slow
@pytest.mark.usefixtures("workplace")
def test_a_student_of_its_teachers_blocks(tfkd, pairs, tmp_path, toy_writer):
    teachers.save(toy_writer.text_model, tmp_path / "taught")
    code, printed, said = tfkd(
        *("distill", pairs, *TASK, "--teacher", "keras:taught", "--student", "shrink:1+1"),
        *(*SMALL[:2], *SMALL[4:], "--epochs", "2", "--batch-size", "16", "--to", "run"),
    )
    assert code == 0, said
    report = json.loads((tmp_path / "run" / "report.json").read_text())
    scores = {row["name"]: row["scores"]["chrf"] for row in report["rows"]}
    assert scores["exported (int8)"] == pytest.approx(scores["distilled"], abs=0.1)
    student = keras.models.load_model(tmp_path / "run" / "student.keras")
    names = {layer.name for layer in student.layers}
    assert {"encoder_0", "decoder_0"} <= names
    assert not {"encoder_1", "decoder_1"} & names
    code, printed, said = tfkd("predict", "run/student.tflite", "--json", "the cat sees.")
    assert code == 0, said
    assert json.loads(printed)["text"]


@pytest.mark.usefixtures("workplace")
@pytest.mark.parametrize(
    ("rows", "flags", "says"),
    [
        ([{"source": " ", "target": "x"}], (), "'source' is empty"),
        ([{"source": "a", "target": 3}], (), "the target is 3; expected a text"),
        ([{"text": "a film", "label": "good"}], (), "no columns 'source' and 'target'"),
        (None, ("--student", "text_cnn:tiny"), "text_cnn is no student for translation"),
        (None, ("--student", "shrink:6+2"), "the teacher is train, the default"),
        (None, ("--task-set", "level=letters"), "auto, word, sequence, both"),
        (None, ("--task-set", "beams=0"), "beams is 0"),
        (None, ("--augment", "2"), "augment is 2"),
        (None, ("--text-column", "target", "--label-column", "target"), "what they are already"),
    ],
)
def test_bad_inputs_are_one_sentence(refused, pairs, tmp_path, rows, flags, says):
    """Before anything is trained, and nothing is left behind."""
    if rows is not None:
        lines = (json.dumps(row) + "\n" for row in rows * 30)
        (tmp_path / "pairs.jsonl").write_text("".join(lines))
    given = ("--teacher", "train:seq2seq:tiny")
    said = refused("distill", pairs, *TASK, *given, *SMALL, "--to", "run", *flags)
    assert says in said, said
    assert not (tmp_path / "run").exists()
