"""What the demo is given: answers of a teacher, and the file."""

import json

import pytest

from tfkd.cli.demo import _demo
from tfkd.cli.demo.teacher_answers import read_answers
from tfkd.errors import UserError

GOOD = {"text": "a film", "label": "good", "probability": 0.75, "probabilities": {"good": 0.75}}


def written(path, *records):
    path.write_text("".join(json.dumps(each) + "\n" for each in records))
    return path


def test_answers_as_predict_writes_them(tmp_path):
    """More of the teacher's file than the page needs."""
    found = read_answers(written(tmp_path / "a.jsonl", GOOD, {**GOOD, "id": 7}), ["bad", "good"])
    assert found == [{"text": "a film", "label": "good", "probability": 0.75}] * 2


@pytest.mark.parametrize(
    ("record", "says"),
    [
        ({**GOOD, "label": "positive"}, "line 2 .* the student knows bad, good"),
        ({"text": "a film"}, "line 2 .* label None"),
        ({**GOOD, "probability": "high"}, "line 2 .* probability 'high'"),
        ({**GOOD, "probability": 75}, "line 2 .* between 0 and 1"),
        ([], "line 2 .* has no text"),
    ],
)
def test_broken_answers(record, says, tmp_path):
    """A page that stays empty, and says why in a console that nobody opens."""
    with pytest.raises(UserError, match=says):
        read_answers(written(tmp_path / "a.jsonl", GOOD, record), ["bad", "good"])


def test_an_empty_text_is_left_out(tmp_path):
    """Of a file of answers with a blank line, a page that does not open."""
    blank = {"text": " ", "label": "", "probability": None}
    found = read_answers(written(tmp_path / "a.jsonl", GOOD, blank, GOOD), ["bad", "good"])
    assert [each["text"] for each in found] == [GOOD["text"]] * 2


def test_no_answers(tmp_path):
    """A traceback for a name mistyped."""
    with pytest.raises(UserError, match="cannot be read"):
        read_answers(tmp_path / "none.jsonl", ["bad"])


def test_a_file_that_mediapipe_does_not_run(small, tmp_path, monkeypatch):
    """A page that shows no answers of the teacher, and does not say why."""
    from tfkd.runtime.zip_tail import pack, unpack

    monkeypatch.setattr(_demo, "package", dict)
    assert "/student.tflite" in _demo.pages(small)[0]
    content = small.read_bytes()
    files = unpack(content)
    files["tfkd.json"] = json.dumps(json.loads(files["tfkd.json"]) | {"client": None})
    other = tmp_path / "other.tflite"
    other.write_bytes(pack(content[: content.rindex(b"PK\x03\x04")], files))
    with pytest.raises(UserError, match="tfkd export RUN --client mediapipe"):
        _demo.pages(other, tmp_path / "answers.jsonl")
    with pytest.raises(UserError, match="no file"):
        _demo.pages(tmp_path / "none.tflite")
