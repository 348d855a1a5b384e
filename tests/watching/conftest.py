"""A watch whose model is a stub, so that no test needs TensorFlow."""

import json

import pytest
import stub_streams

from tfkd.watching import WatchSettings, watch


@pytest.fixture
def watched(tmp_path, monkeypatch):
    """Watch lines, or a file; returns what was seen and the events that were written."""
    monkeypatch.setattr("tfkd.watching._watch.load", lambda path: stub_streams.FirstWord())

    def run(lines, to="out.jsonl", load=None, **settings):
        if load is not None:
            monkeypatch.setattr("tfkd.watching._watch.load", lambda path: load)
        source = tmp_path / "stream.jsonl"
        if lines is not None:
            source.write_text("".join(lines), encoding="utf-8")
        path = tmp_path / to
        seen = watch(source, stub_streams.PROGRAM, to=path, settings=WatchSettings(**settings))
        return seen, [json.loads(line) for line in path.read_text().splitlines()]

    return run
