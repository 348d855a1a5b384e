"""Runs of a task by word: stored ahead, read in other windows, live, interrupted."""

import json
import shutil

import numpy as np
import pytest

from tests.tagged_sentences import write_sentences
from tfkd.cli.console import Console
from tfkd.store import Store

TASK = ("--task", "token-classification")
STUDENT = ("--student", "text_cnn:tiny", "--vocab-size", "100", "--epochs", "2")
RUN = (*STUDENT, "--no-alone", "--quantize", "float32", "--batch-size", "16")
SHORT, LONG = ("--max-length", "24"), ("--max-length", "60")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Sentences, a teacher of windows of 40 pieces, and its outputs, stored ahead."""
    from tfkd import cli

    folder = tmp_path_factory.mktemp("words")
    data = write_sentences(folder / "data.jsonl")
    teach = ("--teacher", "train:text_cnn:tiny", "--epochs", "2", "--vocab-size", "120")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for command in (
            ("teach", data, *TASK, *teach, "--max-length", "40", "--to", "teacher"),
            ("cache", data, *TASK, "--teacher", "keras:teacher"),
        ):
            assert cli.main([str(each) for each in command]) == 0
    return folder


@pytest.fixture
def room(folder, tmp_path, monkeypatch):
    shutil.copytree(folder, tmp_path / "room")
    monkeypatch.chdir(tmp_path / "room")
    return tmp_path / "room"


@pytest.fixture
def given():
    return ("data.jsonl", *TASK, "--teacher", "keras:teacher")


def store_of(room) -> Store:
    (manifest,) = (room / "runs" / "targets").glob("*/manifest.json")
    return Store(manifest.parent)


def student(folder, name="student") -> list:
    import keras

    return keras.models.load_model(folder / f"{name}.keras", compile=False).get_weights()


def headline(folder, row=0) -> dict:
    return json.loads((folder / "report.json").read_text())["rows"][row]["scores"]


@pytest.mark.slow
def test_a_store_written_ahead_is_found_for_windows_too(room, tfkd, given, monkeypatch):
    """Outputs of whole texts beside rows of windows: nothing is found, and all is run again."""
    stored = store_of(room)
    assert stored.rows > 90
    assert stored.shapes == {"logits": (None, 5)}
    monkeypatch.setattr("tfkd.store.writing.Computer", None)
    code, printed, said = tfkd("distill", *given, *RUN, *SHORT, "--to", "runs/one")
    assert code == 0, said
    assert "the teacher's outputs, computed once" in printed
    known = headline(room / "runs" / "one")
    assert json.loads((room / "teacher" / "score.json").read_text()) == pytest.approx(known)


def test_a_damaged_store_of_windows_is_repaired(room, tfkd, monkeypatch):
    """A cure that reads texts where the store holds windows."""
    stored = store_of(room)
    expected = stored.logits(np.arange(stored.rows))
    shard = stored.path / stored.manifest.shards[0].file
    shard.write_bytes(shard.read_bytes()[:-1] + b"\xee")
    assert tfkd("cache", "--repair", stored.path)[0] == 0
    again = Store(stored.path)
    np.testing.assert_allclose(again.logits(np.arange(again.rows)), expected, atol=1e-3)


@pytest.mark.slow
def test_stored_is_live_where_both_read_the_same_windows(room, tfkd, given):
    """Targets of another word, or of another window, in one of both."""
    long = [row for row in (room / "data.jsonl").read_text().splitlines() if row.count('"') < 60]
    (room / "data.jsonl").write_text("\n".join(long) + "\n")
    for name, *options in (("stored",), ("live", "--no-cache"), ("start", "--learning-rate", 1e-9)):
        code, _, said = tfkd("distill", *given, *RUN, *LONG, "--to", name, *options)
        assert code == 0, said
    stored, live, start = (student(room / name) for name in ("stored", "live", "start"))
    apart = max(np.abs(one - other).max() for one, other in zip(stored, live, strict=True))
    learnt = max(np.abs(one - other).max() for one, other in zip(live, start, strict=True))
    assert 0 < apart < learnt / 50


def test_a_live_teacher_of_other_windows_is_refused_at_once(room, refused, given):
    """An error in the first step of a training, after an hour of tokens."""
    said = refused("distill", *given, *RUN, *SHORT, "--to", "run", "--no-cache")
    assert "in other windows than its student" in said
    assert "leave out --no-cache" in said


@pytest.mark.slow
def test_killed_and_gone_on_is_the_run_that_was_not(room, tfkd, given, monkeypatch):
    """Windows in another order after a kill, or targets of other rows."""
    command = ("distill", *given, *STUDENT, *SHORT, "--quantize", "float32", "--batch-size", "16")
    assert tfkd(*command, "--to", "whole")[0] == 0
    plain = Console.progress
    for wanted, after in (
        ("tokens of transfer for the teacher", 0),
        ("distilled", 6),
        ("alone", 3),
    ):
        with monkeypatch.context() as patch:

            def stop(self, title, total, unit="texts", *, wanted=wanted, after=after):
                return InterruptedBar(
                    plain(self, title, total, unit), after if title == wanted else None
                )

            patch.setattr(Console, "progress", stop)
            assert tfkd(*command, "--to", "killed")[0] == 130
    assert tfkd(*command, "--to", "killed")[0] == 0
    for name in ("student", "alone"):
        whole, killed = (student(room / each, name) for each in ("whole", "killed"))
        for one, other in zip(whole, killed, strict=True):
            np.testing.assert_allclose(one, other, rtol=0, atol=1e-6, err_msg=name)
    for row in range(4):
        whole, killed = (headline(room / each, row) for each in ("whole", "killed"))
        assert whole == pytest.approx(killed, abs=1e-6)


class InterruptedBar:
    """A bar in which Ctrl-C comes after so many units."""

    def __init__(self, bar, after):
        self.bar, self.after, self.done = bar, after, 0

    def __enter__(self):
        advance = self.bar.__enter__()

        def counted(count):
            self.done += count
            if self.after is not None and self.done > self.after:
                raise KeyboardInterrupt
            advance(count)

        return counted

    def __exit__(self, *error):
        return self.bar.__exit__(*error)
