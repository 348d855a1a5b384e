"""Ctrl-C in every phase: exit code 130, and the same command ends with the same run."""

import contextlib
import importlib
import json
import signal
import subprocess
import sys

import pytest

from tfkd import files
from tfkd.cli.console import Console

# A run of 4 steps an epoch, phase by phase: a bar with how much of it is done when Ctrl-C comes,
# or a library's function, as one of our modules sees it, that does not come to its end.
PHASES = (
    ("tfkd.running.folder", "replace_when_whole"),  # the config is written, and has no name yet
    ("vocabulary", 100),
    ("tfkd.text.encoder.json", "dumps"),  # the tokenizer is half saved
    ("tokens of transfer for the student", 300),
    ("tokens of test for the student", 0),
    ("teacher bag_of_ngrams:tiny", 6),
    ("tfkd.models.saving", "replace_when_whole"),  # the best weights so far have no name yet
    ("tfkd.running.fitting", "restore_best"),  # all epochs are done
    ("tfkd.running.own_teacher", "save_keras"),  # the teacher is trained and not saved
    ("tfkd.store.shards", "replace_when_whole"),  # a shard is written, and has no name yet
    ("teacher on transfer", 100),
    ("teacher on test", 20),
    ("distilled", 6),  # in the second epoch of three
    (
        "tfkd.running.fitting",
        "replace_when_whole",
    ),  # an epoch's numbers have no name yet
    (
        "tfkd.training.backup.state_files",
        "replace_when_whole",
    ),  # a backup has no name yet
    ("tfkd.models.saving", "replace_when_whole"),  # the student is trained and not saved
    ("alone", 10),
    ("tfkd.exporting._export", "replace_atomically"),  # the file is verified, and has no name yet
    ("distilled on test", 20),
    ("exported file on test", 20),
    ("tfkd.reporting.report.json", "dumps"),  # one of the two reports is written
    ("tfkd.running.context.shutil", "rmtree"),  # all is done but the tidying
)


class Raising:
    """A module with one function that never comes to its end."""

    def __init__(self, module, name):
        self.module, self.name = module, name

    def __getattr__(self, name):
        def interrupt(*arguments, **options):
            raise KeyboardInterrupt

        return interrupt if name == self.name else getattr(self.module, name)


@contextlib.contextmanager
def unnamed(path):
    """`replace_when_whole` that does not get to the renaming."""
    with files.replace_when_whole(path) as part:
        yield part
        raise KeyboardInterrupt


def interrupt(*arguments):
    raise KeyboardInterrupt


UNNAMED = {
    "replace_when_whole": unnamed,
    **dict.fromkeys(("replace_atomically", "save_keras", "restore_best"), interrupt),
}


class CtrlC:
    """Raise KeyboardInterrupt once in a bar, after so much progress."""

    def __init__(self, monkeypatch):
        self.patch, self.bar = monkeypatch, Console.progress

    def set(self, where, when):
        """In the bar `where` after so much progress, or in the function `when` of a module."""
        if isinstance(when, int):
            self.patch.setattr(Console, "progress", self._bar(where, when))
        elif when in UNNAMED:
            self.patch.setattr(f"{where}.{when}", UNNAMED[when])
        else:
            self.patch.setattr(
                where, Raising(importlib.import_module(where.rpartition(".")[2]), when)
            )

    def undo(self):
        self.patch.undo()

    def _bar(self, wanted, after):
        plain = self.bar

        @contextlib.contextmanager
        def bar(console, title, total, unit="texts"):
            done = 0

            def counted(more):
                nonlocal done
                done += more
                if title == wanted and done > after:
                    raise KeyboardInterrupt
                advance(more)

            with plain(console, title, total, unit) as advance:
                yield counted

        return bar


@pytest.fixture
def ctrl_c():
    with pytest.MonkeyPatch.context() as patch:
        yield CtrlC(patch)


def interrupted(tfkd, *command):
    code, _, said = tfkd(*command)
    assert code == 130
    assert said.strip() == "interrupted; the same command goes on from here."


@pytest.mark.slow
def test_in_every_phase_and_on_to_the_same_end(
    ctrl_c, tfkd, settings, finished, same_runs, tmp_path, monkeypatch
):
    """Hours lost, or a resumed run that is another run than the one in the paper."""
    monkeypatch.setattr("tfkd.data.encoded.CHUNK", 50)
    monkeypatch.setattr("tfkd.running.measuring._CHUNK", 20)
    monkeypatch.setattr("tfkd.store.writing.SHARD_ROWS", 60)
    monkeypatch.setattr("tfkd.text.batching.TOKENS", 320)
    command = ("distill", *settings, "--to", "out")
    for where, when in PHASES:
        ctrl_c.set(where, when)
        interrupted(tfkd, *command)
        ctrl_c.undo()
    code, printed, _ = tfkd(*command)
    assert code == 0
    assert "Distillation " in printed
    same_runs(finished, tmp_path / "out")
    assert not list((tmp_path / "out").rglob("*part*"))
    assert not (tmp_path / "out" / "work").exists()
    lines = (tmp_path / "out" / "distilled" / "history.jsonl").read_text().splitlines()
    assert [json.loads(line)["epoch"] for line in lines] == [1, 2, 3]


def test_a_real_ctrl_c_while_it_trains(tmp_path):
    """A signal that TensorFlow's threads swallow, or a page of traceback."""
    command = [sys.executable, "-m", "tfkd", "distill", "sample:400", "--student", "text_cnn:tiny"]
    command += ["--teacher", "train:bag_of_ngrams:tiny", "--vocab-size", "300", "--to", "out"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path
    ) as process:
        for line in process.stdout:
            if "epoch 2 of" in line:
                process.send_signal(signal.SIGINT)
                break
        printed, said = process.communicate(timeout=120)
    assert process.returncode == 130
    assert said.strip() == "interrupted; the same command goes on from here."
    assert "epoch 29" not in printed
    assert list((tmp_path / "out" / "teacher" / "member-0" / "backup").iterdir())
