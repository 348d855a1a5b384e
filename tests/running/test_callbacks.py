"""Keras callbacks that the command line is given by import path."""

import pytest

from tfkd.errors import UserError
from tfkd.running.callbacks import load_callbacks

MINE = """
import keras

class Board(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        with open("board.txt", "a") as file:
            print(sorted(logs), file=file)

class Named(Board):
    def __init__(self, name):
        super().__init__()

class Other:
    pass
"""


@pytest.fixture(autouse=True)
def mine(tmp_path, monkeypatch):
    """A module beside the command."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "its_callbacks.py").write_text(MINE)


def test_a_run_calls_it(tfkd, short_settings, tmp_path):
    """A callback that is accepted and never called, or sees no loss term."""
    code, printed, said = tfkd(
        "distill", *short_settings, "--to", "run", "--callbacks", "its_callbacks:Board"
    )
    assert code == 0, printed + said
    lines = (tmp_path / "board.txt").read_text().splitlines()
    assert any("soft_targets" in line and "hard_labels" in line for line in lines), lines


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("its_callbacks", "no callback 'its_callbacks'"),
        ("its_callbacks:Absent", "no callback .*Absent.*write package.module:Name"),
        ("no_such.module:Board", "no callback .*No module named"),
        (":Board", "no callback ':Board'"),
        ("its_callbacks:Other", "is of its_callbacks.Other: give a class derived"),
        ("its_callbacks:Named", "cannot be made without arguments .TypeError"),
    ],
)
def test_a_wrong_path_is_one_sentence(path, words):
    """An AttributeError after the teacher has run for an hour."""
    with pytest.raises(UserError, match=words):
        load_callbacks(path)


def test_none_and_several():
    """A trailing comma that is taken for a module."""
    assert load_callbacks("") == []
    two = load_callbacks("its_callbacks:Board, keras.callbacks:TerminateOnNaN,")
    assert [type(each).__name__ for each in two] == ["Board", "TerminateOnNaN"]


def test_it_is_told_before_anything_is_computed(refused, settings, tmp_path):
    """A name that was mistyped, found out behind the teacher."""
    words = refused("distill", *settings, "--to", "run", "--callbacks", "its_callbacks:Bord")
    assert "no callback 'its_callbacks:Bord'" in words
