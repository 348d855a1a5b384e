"""A watch that was killed goes on, and counts no text twice."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest
from stub_streams import PROGRAM, FirstWord, draw_classes, lines

from tfkd.errors import UserError
from tfkd.watching import WatchSettings, watch

SETTINGS = WatchSettings(window="40")


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Watch a file into `out.jsonl`."""
    monkeypatch.setattr("tfkd.watching._watch.load", lambda path: FirstWord())

    def call(source, to="out.jsonl", settings=SETTINGS):
        return watch(source, PROGRAM, to=tmp_path / to, settings=settings)

    return call


@pytest.fixture
def stream(tmp_path):
    """2,000 texts, of which the later ones are worse."""
    classes = draw_classes(5, (1_000, (0.1, 0.7, 0.2)), (1_000, (0.5, 0.4, 0.1)))
    path = tmp_path / "stream.jsonl"
    path.write_text("".join(lines(classes)))
    return path


def test_a_killed_watch_writes_what_an_undisturbed_one_does(tmp_path, stream, run):
    """SIGKILL in the middle: nothing twice, nothing missing, to the byte."""
    whole = run(stream, "whole.jsonl")
    out = tmp_path / "out.jsonl"
    for _ in range(2):
        before = out.stat().st_size if out.exists() else 0
        process = subprocess.Popen([sys.executable, PROGRAM, stream, out])
        deadline = time.monotonic() + 30
        while not out.exists() or out.stat().st_size <= before:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.01)
        time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert 0 < len(out.read_bytes()) < len((tmp_path / "whole.jsonl").read_bytes())
    # What a crash between both files leaves: lines beyond the state, the last one cut off.
    with out.open("ab") as half:
        half.write(b'{"event": "window", "twice": true}\n{"event": "al')
    seen = run(stream)
    assert out.read_bytes() == (tmp_path / "whole.jsonl").read_bytes()
    assert seen == whole
    assert len(seen.alarms) > 0


def test_a_finished_stream_is_not_counted_again(tmp_path, stream, run):
    """The same command twice by mistake."""
    first = run(stream)
    written = (tmp_path / "out.jsonl").read_bytes()
    assert run(stream) == first
    assert (tmp_path / "out.jsonl").read_bytes() == written


def test_what_was_added_is_read(stream, run):
    """Tomorrow's lines in the same file; the last line was cut off while it was written."""
    content = stream.read_bytes()
    stream.write_bytes(content[:-10])
    assert run(stream).texts == 1_999
    stream.write_bytes(content)
    assert run(stream).texts == 2_000


def test_a_last_line_without_an_end_counts_once(stream, run):
    """Editors that write no last newline."""
    content = stream.read_bytes()
    stream.write_bytes(content.rstrip(b"\n"))
    assert run(stream).texts == 2_000
    stream.write_bytes(content)
    seen = run(stream)
    assert (seen.texts, seen.skipped) == (2_000, 0)


def test_another_file_of_the_same_name_is_refused(stream, run):
    """Yesterday's counts with the texts of another stream."""
    run(stream)
    stream.write_text("".join(lines(["neutral"] * 2_000)))
    with pytest.raises(UserError, match="no longer begins with the lines that were read"):
        run(stream)


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda out: out.with_name("out.jsonl.state").unlink(), "out.jsonl.state is not"),
        (lambda out: out.with_name("out.jsonl.state").write_text("{"), "damaged"),
        (lambda out: os.truncate(out, 10), "shorter than it was"),
    ],
)
def test_a_damaged_output_is_kept(tmp_path, stream, run, damage, sentence):
    """Alarms of a month, overwritten because their state is missing."""
    run(stream)
    out = tmp_path / "out.jsonl"
    damage(out)
    kept = out.read_bytes()
    with pytest.raises(UserError, match=sentence):
        run(stream)
    assert out.read_bytes() == kept


def test_other_settings_are_refused(stream, run):
    """Rates of two windows, or of two models, in one file."""
    run(stream)
    with pytest.raises(UserError, match="window '40', and now it is '1h'"):
        run(stream, settings=WatchSettings())


def test_two_watches_do_not_write_one_file(tmp_path, stream, run):
    """Two terminals, one file, lines between each other."""
    fcntl = pytest.importorskip("fcntl")
    out = tmp_path / "out.jsonl"
    with out.open("ab") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(UserError, match="another `tfkd watch` writes"):
            run(stream)


@contextmanager
def pipe(monkeypatch, content):
    """Let stdin be a pipe that holds this."""
    read, write = os.pipe()
    os.write(write, content)
    os.close(write)
    with io.TextIOWrapper(os.fdopen(read, "rb")) as stdin, monkeypatch.context() as patch:
        patch.setattr("sys.stdin", stdin)
        yield


def test_a_pipe_that_begins_again_is_not_counted_twice(tmp_path, run, monkeypatch):
    """`zcat news.gz | tfkd watch -`, killed and given again; and then a pipe that goes on."""
    every = "".join(lines(draw_classes(6, (300, (0.2, 0.6, 0.2))))).encode().splitlines(True)
    for content, texts in ((every[:200], 200), (every, 300), (every[250:], 350)):
        with pipe(monkeypatch, b"".join(content)):
            assert run("-").texts == texts


def test_a_file_that_grows_is_followed(tmp_path, monkeypatch):
    """`tail -f`, until Ctrl-C."""
    stub = FirstWord()
    monkeypatch.setattr("tfkd.watching._watch.load", lambda path: stub)
    source = tmp_path / "grows.jsonl"
    rows = lines(["neutral"] * 50)
    source.write_text("".join(rows[:30]))
    waits = []

    def wait(seconds):
        waits.append(seconds)
        if len(waits) == 1:
            with source.open("a") as more:
                more.write("".join(rows[30:])[:-5])
        if len(waits) == 2:
            with source.open("a") as more:
                more.write(rows[-1][-5:])
        if len(waits) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr("tfkd.watching.stream_lines.time.sleep", wait)
    seen = watch(source, PROGRAM, to=tmp_path / "out.jsonl", settings=SETTINGS, follow=True)
    assert (seen.texts, seen.skipped) == (50, 0)
    assert json.loads((tmp_path / "out.jsonl.state").read_text())["place"]["lines"] == 50


def test_a_file_that_is_rotated_is_told(tmp_path, monkeypatch):
    """A log that moves on, and a watch that waits at the end of the old one for ever."""
    monkeypatch.setattr("tfkd.watching._watch.load", lambda path: FirstWord())
    source = tmp_path / "log.jsonl"
    source.write_text("".join(lines(["neutral"] * 30)))

    def rotate(seconds):
        source.rename(tmp_path / "log.1")
        source.write_text("")

    monkeypatch.setattr("tfkd.watching.stream_lines.time.sleep", rotate)
    with pytest.raises(UserError, match="no longer begins with"):
        watch(source, PROGRAM, to=tmp_path / "out.jsonl", settings=SETTINGS, follow=True)


@pytest.mark.parametrize("again", [0, 100])
def test_a_pipe_that_breaks_off_while_it_comes_again_is_not_counted_twice(run, monkeypatch, again):
    """Killed once more before it was where it had been."""
    drawn = lines(draw_classes(6, (300, (0.2, 0.6, 0.2))))
    every = "".join(drawn).encode().splitlines(keepends=True)
    for content in (every, every[:again], every):
        with pipe(monkeypatch, b"".join(content)):
            assert run("-").texts == 300
