"""A file with a threshold asks below it, and is else what it was."""

import json
import shutil

import numpy as np
import pytest

from tfkd.errors import UserError
from tfkd.runtime import Ask, load
from tfkd.runtime.unsure_answers import ask_below, write_ask_below
from tfkd.runtime.zip_tail import pack, unpack
from tfkd.tasks.text_classification import TextClassification, predictions

TEXTS = ["a good film", "a bad film", "not one"]


@pytest.fixture
def file(exported, tmp_path):
    return shutil.copy(exported, tmp_path / "small.tflite")


def confidences(path):
    return [answer.probability for answer in load(path).predict(TEXTS)]


def test_answers_below_the_threshold_are_asked_about(file):
    """An answer of exactly this confidence was counted among the answered."""
    before = load(file).predict(TEXTS)
    middle = sorted(answer.probability for answer in before)[1]
    write_ask_below(file, {"confidence": middle, "risk": 0.02})
    predictor = load(file)
    assert predictor.ask_below == middle
    for old, new in zip(before, predictor.predict(TEXTS), strict=True):
        assert new == (old if old.probability >= middle else Ask(old, old.probability))


def test_the_model_stays_as_it_is(file):
    """A changed byte of the model would need another certificate."""
    old = file.read_bytes()
    write_ask_below(file, {"confidence": 0.5})
    new = file.read_bytes()
    size = json.loads(unpack(old)["tfkd.json"])["model"]["bytes"]
    assert new[:size] == old[:size]
    assert {**unpack(new), "tfkd.json": ""} == {**unpack(old), "tfkd.json": ""}
    assert [each.name for each in file.parent.iterdir()] == ["small.tflite"]


def test_a_second_threshold_takes_the_place_of_the_first(file):
    """Two of them, of which nobody knows which counts."""
    write_ask_below(file, {"confidence": 1.0})
    write_ask_below(file, {"confidence": 0.0})
    assert not any(isinstance(answer, Ask) for answer in load(file).predict(TEXTS))


def test_confidence_that_is_no_number_is_asked_about():
    """NaN is neither below nor above a threshold."""
    answers = predictions(np.array([[0.0, 9.0], [np.nan, 0.0]]), ("bad", "good"))
    sure, unsure = ask_below(answers, TextClassification(), 0.5)
    assert sure == answers[0]
    assert isinstance(unsure, Ask)
    assert np.isnan(unsure.confidence)


def test_a_threshold_that_no_file_may_hold_changes_nothing(file):
    """A file that can never be opened again."""
    before = file.read_bytes()
    with pytest.raises(UserError, match="ask_below"):
        write_ask_below(file, {"confidence": 2.0})
    assert file.read_bytes() == before
    assert len(list(file.parent.iterdir())) == 1


def test_a_damaged_file_gets_no_threshold(file):
    """A new digest would make it whole."""
    content = bytearray(file.read_bytes())
    content[len(content) // 3] ^= 1
    file.write_bytes(content)
    with pytest.raises(UserError, match="not what was exported"):
        write_ask_below(file, {"confidence": 0.5})


def test_mediapipe_cannot_ask(file):
    """A threshold that its client never reads would promise what nobody keeps."""
    files = unpack(file.read_bytes())
    settings = json.loads(files["tfkd.json"])
    model = file.read_bytes()[: settings["model"]["bytes"]]
    files["tfkd.json"] = json.dumps({**settings, "client": "mediapipe"})
    file.write_bytes(pack(model, files))
    with pytest.raises(UserError, match="cannot ask"):
        write_ask_below(file, {"confidence": 0.5})
