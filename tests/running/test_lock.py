"""One run folder, two processes: the second is told who has it, and nothing is lost."""

import os
import signal
import subprocess
import sys

import pytest

from tfkd import UserError
from tfkd.running.lock import LOCK, hold_folder

HOLDING = """
import sys, pathlib
from tfkd.running.lock import hold_folder
with hold_folder(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder():
    """Hold a folder in a process of its own; returns the process."""
    begun = []

    def start(folder):
        command = [sys.executable, "-c", HOLDING, str(folder)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        begun.append(subprocess.Popen(command, text=True, **pipes))
        assert begun[-1].stdout.readline() == "held\n"
        return begun[-1]

    yield start
    for process in begun:
        process.kill()
        process.communicate()


def test_the_second_process_is_refused(tmp_path, holder):
    """Two runs that write the same checkpoints, until one dies of a missing file."""
    process = holder(tmp_path)
    words = rf"is in use by process {process.pid} on .* since 20"
    with pytest.raises(UserError, match=words), hold_folder(tmp_path):
        pass
    process.communicate("")
    with hold_folder(tmp_path):
        assert str(os.getpid()) in (tmp_path / LOCK).read_text()


def test_a_process_that_was_killed_holds_nothing(tmp_path, holder):
    """A run that can never go on, since its lock is still there."""
    process = holder(tmp_path)
    process.send_signal(signal.SIGKILL)
    process.wait()
    with hold_folder(tmp_path):
        pass


def test_a_lock_without_an_owner(tmp_path, holder):
    """A traceback for the one who comes between two writes."""
    holder(tmp_path)
    (tmp_path / LOCK).write_text("")
    words = "is in use by another process: wait"
    with pytest.raises(UserError, match=words), hold_folder(tmp_path):
        pass


def test_a_run_that_is_being_made(tfkd, refused, short_settings, holder, contents, tmp_path):
    """Half of what one process wrote, and half of what the other one did."""
    (tmp_path / "out").mkdir()
    process = holder(tmp_path / "out")
    before = contents(tmp_path)
    said = refused("distill", *short_settings, "--to", "out")
    assert f"out is in use by process {process.pid}" in said
    assert contents(tmp_path) == before
    process.kill()
    process.wait()
    assert tfkd("distill", *short_settings, "--to", "out")[0] == 0


def test_a_teacher_that_is_being_taught(refused, holder, tmp_path):
    """Two teachers in one file."""
    (tmp_path / "out").mkdir()
    holder(tmp_path / "out")
    given = ("--teacher", "train:bag_of_ngrams:tiny", "--vocab-size", "300", "--max-length", "32")
    assert "out is in use by process" in refused("teach", "sample:60", *given, "--to", "out")


@pytest.mark.parametrize("command", [("compare", "--again"), ("export",)])
def test_a_run_that_goes_on_is_not_tidied(command, refused, copy, holder, monkeypatch):
    """Texts that are removed from under a training."""
    monkeypatch.setattr("tfkd.running._run._WAIT", 0.0)
    holder(copy)
    assert "is in use by process" in refused(command[0], copy, *command[1:])


def test_a_complete_run_needs_no_lock(tfkd, begun, finished, settings, holder, monkeypatch):
    """A report that cannot be shown twice at a time."""
    monkeypatch.chdir(begun)
    holder(finished)
    assert tfkd("distill", *settings)[0] == 0
