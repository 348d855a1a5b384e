"""The page of a service desk: a question, its intent or none, and the answers that fit."""

import http.client
import io
import json
import shutil

import chromium
import pytest
from test_demo_browser import kept, until

from tfkd.cli import main
from tfkd.cli.demo import _demo
from tfkd.cli.demo.served_desk import ServedDesk
from tfkd.errors import UserError
from tfkd.runtime import Index, ServiceDesk, load


@pytest.fixture(scope="module")
def served(untrained_desk):
    return ServedDesk(untrained_desk)


def test_the_page_says_what_the_desk_says(served, untrained_desk, serving):
    """The reply to another question, or answers of the file of intents."""
    contents, answer = _demo.pages(untrained_desk)
    with serving(contents, answer) as port:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        body = json.dumps({"question": "a good film"})
        connection.request("POST", "/answer", body, {"Content-Type": "application/json"})
        found = json.loads(connection.getresponse().read())
        connection.close()
    reply = ServiceDesk.load(untrained_desk).reply("a good film")
    assert (found["intent"], found["known"]) == (reply.intent, reply.known)
    assert found["answers"][0] == {"text": "a good film", "similarity": pytest.approx(1, abs=1e-3)}
    assert len(found["answers"]) == 3
    about = served.describe()
    assert (about["name"], about["intents"], about["answers"]) == ("shop", 2, 4)


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (b"no JSON", "is no JSON of a question"),
        (b"[" * 50_000, "is no JSON of a question"),
        (b'{"text": "a"}', "is no JSON of a question"),
        (b'{"question": " "}', "the question is empty"),
        (b'{"question": 5}', "the question is empty"),
        (json.dumps({"question": "a " * 60_000}).encode(), "at most 100,000"),
    ],
)
def test_what_cannot_be_answered_is_said(served, sent, said):
    """A traceback in the terminal, and a page that waits."""
    with pytest.raises(UserError, match=said):
        served.answer(sent)


def test_desks_that_cannot_be_shown(untrained_desk, tmp_path, capsys):
    """A page that fails at the first question, or answers by chance."""
    copy = tmp_path / "copy"
    shutil.copytree(untrained_desk, copy)
    Index.of(load(copy / "answers.tflite"), ["a"]).save(copy / "answers.index")
    assert main(["demo", str(copy), "--answers", "a.jsonl"]) == 2
    assert "leave --answers out" in capsys.readouterr().err
    assert main(["predict", str(copy), "--jsonl"]) == 2
    assert "--jsonl is for files of one task" in capsys.readouterr().err
    index = Index([[1.0] * 8], ["a"], model="another")
    index.save(copy / "answers.index")
    assert main(["demo", str(copy)]) == 2
    assert "the index was made with the file another" in capsys.readouterr().err
    (copy / "desk.json").unlink()
    # What `tfkd distill` writes first.
    (copy / "parts.toml").write_text("[part]\n")
    for command in ("demo", "predict", "bench"):
        assert main([command, str(copy)]) == 2
        assert "is not finished: give the command that began it" in capsys.readouterr().err


def test_replies_in_a_terminal(untrained_desk, capsys, monkeypatch):
    """A desk that only a browser can ask."""
    assert main(["predict", str(untrained_desk), "--json", "a good film"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["answers"][0]["text"] == "a good film"
    monkeypatch.setattr("sys.stdin", io.StringIO("a bad film\n\n"))
    assert main(["predict", str(untrained_desk)]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == 4
    assert printed[1].endswith("  a bad film")
    assert main(["bench", str(untrained_desk), "--json"]) == 0
    timed = json.loads(capsys.readouterr().out)
    assert 0 < timed["p50_ms"] <= timed["p99_ms"]
    assert timed["index"] == 4


def test_each_number_of_threads_is_timed(untrained_desk, capsys):
    """One of them, and a flag that says nothing."""
    assert main(["bench", str(untrained_desk), "--threads", "1", "2"]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert [line.rpartition(", ")[2] for line in printed] == ["1 thread", "2 threads"]
    assert main(["bench", str(untrained_desk), "--task", "a.b:C"]) == 2
    assert "--task is for files of one task" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("flag", "value"), [("--task", "a.b:C"), ("--batch-size", "0"), ("--column", "text=q")]
)
def test_flags_of_files_say_nothing_to_a_desk(untrained_desk, capsys, flag, value):
    """An answer that is not the one asked for."""
    assert main(["predict", str(untrained_desk), "hello", flag, value]) == 2
    assert f"{flag} is for files of one task" in capsys.readouterr().err


@pytest.mark.slow
def test_the_page_in_a_browser(untrained_desk, serving, tmp_path):
    """What is typed and what is shown, light, dark and on a phone; a label for everything."""
    chromium.needed()
    contents, answer = _demo.pages(untrained_desk)
    with (
        serving(contents, answer) as port,
        chromium.opened(f"http://127.0.0.1:{port}/", height=1000) as browser,
    ):
        until(browser, "document.body.dataset.ready")
        box = browser.find_element("id", "question")
        assert box.accessible_name == "Question"
        box.send_keys("a good film")
        until(browser, "!document.getElementById('answer').hidden")
        items = browser.find_elements("css selector", "#answers > li")
        assert len(items) == 3
        assert items[0].find_element("css selector", ".text").text == "a good film"
        shown = json.loads(browser.find_element("id", "answer").get_attribute("data-answer"))
        label = browser.find_element("id", "label").text
        assert label == (shown["intent"] if shown["known"] else "Unknown")
        assert "ms" in browser.find_element("id", "took").text
        for name, width, dark in (("desk", 1200, False), ("desk-phone-dark", 390, True)):
            chromium.look(browser, width, 1000, dark=dark)
            wide = browser.execute_script("return document.documentElement.scrollWidth")
            assert wide <= width
            kept(browser, f"{name}.png", tmp_path)
        box.clear()
        box.send_keys(" ")
        until(browser, "document.getElementById('answer').hidden")
        assert chromium.console(browser) == []
