"""The demo of a task that no library runs in a browser: its file answers behind the page."""

import contextlib
import http.client
import json
import shutil

import pytest

from tfkd import runtime
from tfkd.cli.demo import _demo
from tfkd.cli.demo.served_answers import ServedAnswers
from tfkd.errors import UserError
from tfkd.runtime.unsure_answers import write_ask_below

TEXTS = {"text": "a good film", "text_pair": "not a good one"}


@pytest.fixture(scope="module")
def served(pairs):
    return ServedAnswers(pairs)


@pytest.fixture
def ask(pairs, serving):
    """Send something to the server of a file: the status, and what came."""
    contents, answer = _demo.pages(pairs)
    with serving(contents, answer) as port:

        def asked(body, path="/answer", kind="application/json", host=None):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            headers = {"Content-Type": kind, "Host": host or f"127.0.0.1:{port}"}
            connection.request("POST", path, body, headers)
            with contextlib.closing(connection):
                answer = connection.getresponse()
                return answer.status, answer.read()

        yield asked


def test_the_page_asks_for_each_text(served, pairs):
    """One box for two texts."""
    about = served.describe()
    assert about["fields"] == ["text", "text_pair"]
    assert (about["file"], about["bytes"]) == ("pairs.tflite", pairs.stat().st_size)


def test_it_answers_as_predict_does(ask, pairs):
    """Texts by another role, or those of the question before."""
    status, body = ask(json.dumps(TEXTS))
    found = json.loads(body)
    predictor = runtime.load(pairs)
    (answer,) = predictor.predict([TEXTS])
    assert (status, found["summary"]) == (200, predictor.task.summary(answer))
    assert found["values"] == json.loads(json.dumps(predictor.task.to_json(answer)))
    assert found["marks"] == []
    assert found["took"] > 0


def test_a_file_that_is_not_sure_asks(pairs, tmp_path):
    """A guess that looks like an answer."""
    file = shutil.copy(pairs, tmp_path / "asks.tflite")
    write_ask_below(file, {"confidence": 1.0})
    found = ServedAnswers(file).answer(json.dumps(TEXTS).encode())
    assert found["summary"].startswith("ask; the guess is ")
    assert found["values"]["ask"] is True
    assert found["values"]["confidence"] == found["values"]["probability"]


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ("no JSON", "send text, text_pair"),
        ("[1]", "send text, text_pair"),
        ("[" * 50_000, "send text, text_pair"),
        ('{"text": "a"}', "send text, text_pair"),
        (json.dumps(TEXTS | {"more": "a"}), "send text, text_pair"),
        (json.dumps(TEXTS | {"text": "  "}), "text is empty"),
        (json.dumps(TEXTS | {"text": 5}), "text is empty"),
        (json.dumps(TEXTS | {"text": "a " * 60_000}), "at most 100,000"),
    ],
)
def test_what_cannot_be_answered_is_said(ask, sent, said):
    """A traceback in the terminal, and a page that waits."""
    status, body = ask(sent)
    assert status == 400
    assert said in json.loads(body)["error"]


def test_other_sites_are_not_answered(ask):
    """Whatever page is open in the browser reads what the file says."""
    sent = json.dumps(TEXTS)
    assert ask(sent, host="example.org")[0] == 403
    # What a form of another page may send without asking first.
    assert ask(sent, kind="text/plain")[0] == 415
    assert ask(sent, path="/other")[0] == 404
    assert ask("x" * (2**20 + 1))[0] == 413


def test_a_page_without_answers_takes_nothing(serving):
    """POST to a page whose file runs in the browser."""
    with serving({}) as port:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        with contextlib.closing(connection):
            connection.request("POST", "/answer", "{}", {"Content-Type": "application/json"})
            assert connection.getresponse().status == 404


def test_answers_of_a_teacher_need_a_file_for_mediapipe(pairs, tmp_path):
    """The page would show none of them."""
    with pytest.raises(UserError, match="leave --answers out"):
        _demo.pages(pairs, tmp_path / "answers.jsonl")


def test_a_text_comes_as_it_is_written(translator, serving):
    """A page that shows nothing until the last word, or the JSON of a class."""
    (written,) = runtime.load(translator).predict(["the dog sees a king."])
    served = ServedAnswers(translator)
    assert served.describe()["writes"]
    pieces = list(served.reply(b'{"text": "the dog sees a king."}'))
    assert len(pieces) > 2
    assert "".join(pieces) == written.text
    contents, answer = _demo.pages(translator)
    with serving(contents, answer) as port:
        for text, status in (("the dog sees a king.", 200), (" ", 400)):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            headers = {"Content-Type": "application/json"}
            connection.request("POST", "/answer", json.dumps({"text": text}), headers)
            with contextlib.closing(connection):
                found = connection.getresponse()
                said = found.read().decode()
            assert found.status == status
            assert said == written.text if status == 200 else "empty" in said
