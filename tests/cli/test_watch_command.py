"""`tfkd watch`: with a real file, without TensorFlow; and its page."""

import json

import pytest
from test_predict import BARE

TEXTS = ("a film I will not forget", "dull from the first minute on")


@pytest.fixture(scope="module")
def stream(tmp_path_factory):
    """Eighty texts, a minute apart."""
    path = tmp_path_factory.mktemp("stream") / "stream.jsonl"
    rows = (
        {"time": 1772362800 + 60 * i, "text": TEXTS[i % 2], "topic": "ab"[i % 2]} for i in range(80)
    )
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_a_device_has_no_tensorflow(finished, python, stream):
    """Windows on stdout, lines of JSON alone."""
    printed = python(BARE, "watch", stream, "--model", finished, "--window", "40")
    events = [json.loads(line) for line in printed.splitlines()]
    assert {event["topic"] for event in events} == {None, "a", "b"}
    assert all(set(event["rates"]) == {"negative", "positive"} for event in events)
    assert events[-1]["texts"] == 20


def test_the_command_says_what_it_saw_and_draws_it(finished, tfkd, stream, tmp_path):
    """A summary, a page, and the same again."""
    pytest.importorskip("altair")
    arguments = ("watch", stream, "--model", finished, "--to", "out.jsonl", "--page", "out.html")
    code, printed, said = tfkd(*arguments, "--window", "40")
    assert code == 0, said
    assert "texts     80 up to 2026-03-01T12:19:00Z, 2 topics" in printed
    assert "too few texts for a reference" in printed
    html = (tmp_path / "out.html").read_text()
    assert "<title>Watched stream: out</title>" in html
    assert '"plot-run-0-rates-2"' in html
    assert "Scores, size and speed" not in html
    again = tfkd(*arguments, "--window", "40")
    assert again[1] == printed
    assert "80 texts of" in again[2]


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (("--page", "a.html"), "give --to too"),
        (("--to", "out.jsonl", "--page", "no/a.html"), "in a folder that exists"),
        (("--window", "soon"), "write a time"),
    ],
)
def test_flags_that_cannot_be_are_refused(finished, refused, stream, flags, sentence):
    """One sentence, before or instead of a traceback."""
    assert sentence in refused("watch", stream, "--model", finished, *flags)


def test_a_stream_that_is_not_there_is_told(finished, refused):
    """A name that is mistyped."""
    assert "there is no file none.jsonl" in refused("watch", "none.jsonl", "--model", finished)
