"""The command line as a program among others: pipes, version, list, unknown words."""

import os
import subprocess
import sys

import pytest

import tfkd as package


def test_version(tfkd):
    """A bug report without one."""
    assert tfkd("--version") == (0, f"tfkd {package.__version__}\n", "")


def test_list_names_everything_that_can_be_written(tfkd):
    """A student that exists and that nobody finds."""
    from tfkd.students import STUDENTS

    code, printed, _ = tfkd("list")
    assert code == 0
    for word in ("imdb", "sample", "hf:", "keras:", "temperature", *STUDENTS):
        assert word in printed


@pytest.mark.slow_but_one
@pytest.mark.parametrize(
    "command", ["list", "--help", "predict RUN", "compare RUN", "compare RUN --format markdown"]
)
def test_a_closed_pipe_ends_it_quietly(command, finished, tmp_path, monkeypatch):
    """`tfkd list | head` that ends in a traceback."""
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)
    words = [str(finished) if word == "RUN" else word for word in command.split()]
    arguments = [sys.executable, "-m", "tfkd", *words]
    (tmp_path / "lines").write_text("good\n")
    read, write = os.pipe()
    os.close(read)
    with open("lines") as lines:
        ended = subprocess.run(arguments, stdin=lines, stdout=write, stderr=subprocess.PIPE)
    os.close(write)
    assert (ended.returncode, ended.stderr) == (141, b"")


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("distill", "sample", "--quantize", "int2"),
        ("distill", "sample", "--epochs", "two"),
        ("distill", "sample", "--temprature", "2"),
        ("compare", "runs", "--format", "pdf"),
    ],
)
def test_unknown_words_are_refused(arguments, tfkd):
    """A wrong flag that is passed over."""
    code, _, said = tfkd(*arguments)
    assert code == 2
    assert said.startswith("usage: tfkd")
    assert "Traceback" not in said


def test_no_data_are_told(tfkd):
    """Texts may be made, so that no word behind `distill` is not wrong of itself."""
    code, _, said = tfkd("distill")
    assert code == 2
    assert said.startswith("tfkd: no data given")
