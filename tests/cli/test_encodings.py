"""Streams in any locale: UTF-8 is read, and what cannot be written is escaped."""

import io
import json
import os
import subprocess
import sys

import pytest

from tfkd.cli import _main


def run_bytes(*arguments, given=b"", **variables):
    """Run `tfkd ARGUMENTS` in a process with variables; returns exit code, stdout and stderr."""
    plain = {k: v for k, v in os.environ.items() if k not in ("PYTHONUTF8", "PYTHONIOENCODING")}
    done = subprocess.run(
        [sys.executable, "-m", "tfkd", *map(str, arguments)],
        input=given,
        capture_output=True,
        timeout=300,
        env={**plain, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), **variables},
    )
    return done.returncode, done.stdout, done.stderr.decode("utf-8", "replace")


@pytest.mark.parametrize("flags", [(), ("--json",)])
def test_bytes_that_are_not_utf8_are_told_in_a_plain_locale(finished, flags):
    """A false "the file is damaged", as half characters went on to the tokenizer."""
    given = b"good\ncaf\xe9\n"
    code, _, said = run_bytes("predict", finished, *flags, given=given, LC_ALL="C")
    assert code == 2
    assert "stdin is not UTF-8 (byte 0xe9" in said
    assert "damaged" not in said
    assert said.count("\n") == 1


def test_utf8_is_read_in_a_plain_locale(finished):
    code, out, _ = run_bytes("predict", finished, "--json", given="é\n".encode(), LC_ALL="C")
    assert code == 0
    assert json.loads(out)["text"] == "é"


@pytest.mark.parametrize("text", ["é film", "😀 film"])
def test_json_in_ascii_is_still_json(finished, text):
    """A traceback for one accent; or an escape that JSON does not know."""
    code, out, said = run_bytes("predict", finished, "--json", text, PYTHONIOENCODING="ascii")
    assert code == 0, said
    assert out.isascii()
    assert json.loads(out)["text"] == text


def test_a_report_and_an_error_are_written_in_ascii(finished):
    code, out, said = run_bytes(
        "compare", finished, "--format", "markdown", PYTHONIOENCODING="ascii"
    )
    assert code == 0, said
    assert out.startswith(b"|") or b"\n|" in out
    code, _, said = run_bytes("predict", "é.tflite", "good", PYTHONIOENCODING="ascii")
    assert code == 2
    assert r"\u00e9.tflite" in said
    assert said.count("\n") == 1


@pytest.mark.parametrize("stream", [None, iter(["good\n"]), io.StringIO("good"), io.BytesIO()])
def test_streams_that_were_replaced_stay_as_they_are(monkeypatch, stream):
    """Tests and notebooks have streams of their own."""
    for name in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(sys, name, stream)
    _main._set_encodings()
    monkeypatch.undo()


def test_what_was_begun_to_be_read_and_what_is_closed_stay_as_they_are(monkeypatch):
    begun = io.TextIOWrapper(io.BytesIO(b"one\ntwo\n"), encoding="latin-1")
    next(begun)
    closed = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    closed.close()
    monkeypatch.setattr(sys, "stdin", begun)
    monkeypatch.setattr(sys, "stdout", closed)
    _main._set_encodings()
    monkeypatch.undo()
    assert begun.encoding == "latin-1"


def test_a_stream_of_utf8_keeps_its_way_with_errors(monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO(), encoding="UTF8", errors="surrogateescape")
    monkeypatch.setattr(sys, "stdout", stream)
    _main._set_encodings()
    monkeypatch.undo()
    assert stream.errors == "surrogateescape"
