"""`tfkd predict`: a file, a run's folder, texts as arguments or lines, without TensorFlow."""

import json

import pytest

# Runs `tfkd ARGUMENTS` and fails if TensorFlow was imported on the way.
LIGHT = """
import sys
from tfkd import cli
code = cli.main(sys.argv[1:])
heavy = {"tensorflow", "keras", "tf_keras"} & set(sys.modules)
assert not heavy, heavy
sys.exit(code)
"""
TEXTS = ("a film I will not forget", "dull from the first minute on")


def test_without_tensorflow(finished, python):
    """A phone's file that needs 600 MB of TensorFlow to be tried out."""
    printed = python(LIGHT, "predict", finished / "student.tflite", *TEXTS)
    lines = printed.splitlines()
    assert [line.split()[2:] for line in lines] == [text.split() for text in TEXTS]
    for line in lines:
        assert line.split()[0] in ("negative", "positive")
        assert 0.5 <= float(line.split()[1]) <= 1


def test_lines_of_stdin_as_json(finished, python):
    """A pipeline that cannot read what it gets."""
    printed = python(LIGHT, "predict", finished, "--json", input="\n".join(TEXTS) + "\n")
    found = [json.loads(line) for line in printed.splitlines()]
    assert [each["text"] for each in found] == list(TEXTS)
    for each in found:
        assert set(each["probabilities"]) == {"negative", "positive"}
        assert each["probability"] == max(each["probabilities"].values())
        assert sum(each["probabilities"].values()) == pytest.approx(1)


def test_it_predicts_what_the_student_does(finished, tfkd):
    """Another tokenizer or another order of the classes in the file than in training."""
    import keras
    import numpy as np

    from tfkd import text

    ids = np.array([text.load(finished).encode(TEXTS[0])])
    logits = np.asarray(keras.models.load_model(finished / "student.keras", compile=False)(ids))[0]
    expected = np.exp(logits) / np.exp(logits).sum()
    code, printed, _ = tfkd("predict", finished, "--json", TEXTS[0])
    found = json.loads(printed)["probabilities"]
    assert code == 0
    assert list(found) == ["negative", "positive"]
    assert list(found.values()) == pytest.approx(expected.tolist(), abs=0.01)


def test_a_text_of_a_megabyte(finished, tfkd):
    """A long text that takes the program down."""
    code, printed, _ = tfkd("predict", finished, "good " * 200_000)
    assert code == 0
    assert len(printed) < 200


def test_an_empty_text_is_refused(finished, refused):
    """A confident verdict on nothing."""
    assert "empty" in refused("predict", finished, "")
    assert "at least one word" in refused("predict", finished, "good", " ")


@pytest.mark.parametrize(
    ("line", "words"),
    [(b"\n", "line 2 of stdin is empty"), (b"caf\xe9\n", "not UTF-8 (byte 0xe9")],
)
def test_a_bad_line_is_told_by_its_number(finished, refused, monkeypatch, line, words):
    """One bad line among thousands, and nobody knows which."""
    import io

    stdin = io.TextIOWrapper(io.BytesIO(b"good\n" + line), encoding="utf-8")
    monkeypatch.setattr("sys.stdin", stdin)
    assert words in refused("predict", finished)


def test_files_that_are_no_classifier(finished, copy, refused, tmp_path):
    """An interpreter's words, or a wrong answer, from a damaged file."""
    whole = (finished / "student.tflite").read_bytes()
    file = tmp_path / "broken.tflite"
    assert "no file" in refused("predict", file, "a")
    for content in (b"", b"a text", whole[:100], whole[: len(whole) // 2], whole[:-1]):
        file.write_bytes(content)
        assert str(file) in refused("predict", file, "a"), len(content)
    (copy / "student.tflite").unlink()
    assert "student.tflite" in refused("predict", copy, "a")


def test_a_tflite_without_a_vocabulary(finished, refused, tmp_path):
    """A file from elsewhere that is taken for ours."""
    import zipfile

    whole = (finished / "student.tflite").read_bytes()
    with zipfile.ZipFile(finished / "student.tflite") as packed:
        start = min(each.header_offset for each in packed.infolist())
    file = tmp_path / "bare.tflite"
    file.write_bytes(whole[:start])
    assert "no vocabulary inside" in refused("predict", file, "a")


def test_json_lines_keep_what_they_hold(finished, python):
    """Answers that nobody can join to the rows they belong to."""
    rows = [{"id": i, "review": text} for i, text in enumerate(TEXTS * 3)]
    given = "\n".join(map(json.dumps, rows)) + "\n"
    arguments = ("--jsonl", "--text-column", "review", "--batch-size", "4", "--threads", "2")
    printed = python(LIGHT, "predict", finished, *arguments, input=given)
    found = [json.loads(line) for line in printed.splitlines()]
    assert [{key: each[key] for key in ("id", "review")} for each in found] == rows
    assert found[0]["probabilities"] == pytest.approx(found[2]["probabilities"], abs=1e-5)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "is not JSON"),
        ("[1]", "has no text"),
        ('{"body": "x"}', "name the column with --text"),
    ],
)
def test_a_wrong_line_is_told_by_number(finished, tfkd, line, words, monkeypatch):
    """A million lines, one of which is wrong."""
    monkeypatch.setattr("sys.stdin", iter(['{"text": "good"}\n', f"{line}\n"]))
    code, printed, said = tfkd("predict", finished, "--jsonl")
    assert code == 2
    assert "line 2 of stdin" in said
    assert words in said
    assert json.loads(printed)["text"] == "good"


def test_no_texts_at_a_time(finished, tfkd):
    """Silence for an answer."""
    code, _, said = tfkd("predict", finished, "good", "--batch-size", "0")
    assert code == 2
    assert "batch_size is 0: write at least 1" in said
