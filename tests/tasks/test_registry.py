"""Tasks are found by name, by import path and in the packages of others."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tfkd import UserError
from tfkd.tasks import DEFAULT, TASKS, Task, find, infer, names

HERE = Path(__file__).parent


def test_every_registered_task_is_found_and_says_what_it_reads():
    """A name without its class is seen by nobody before a user writes it."""
    for name in TASKS:
        task = find(name)
        assert isinstance(task, Task)
        assert task.name == name
        assert task.columns
        assert next(iter(task.measures))


def test_an_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(UserError, match="did you mean text-classification"):
        find("text-clasification")


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("tests.tasks.nowhere:Task", "cannot be imported"),
        ("tests.tasks.toy:Missing", "cannot be imported"),
        ("tfkd.tasks._registry:find", "expected a subclass"),
        (":", "cannot be imported"),
    ],
)
def test_what_is_no_task_is_refused(path, says):
    with pytest.raises(UserError, match=says):
        find(path)


def test_an_unknown_setting_names_those_there_are():
    with pytest.raises(UserError, match=r"no setting 'lowest'; it knows least"):
        find("tests.tasks.toy:Parity", {"lowest": 3})
    assert find("tests.tasks.toy:Parity", {"least": 3}).settings == {"least": 3}


def test_a_task_in_the_folder_of_the_command_is_found(tmp_path, monkeypatch):
    """`tfkd distill --task mine:Mine` next to `mine.py`, as `--callbacks mine:Watch` is."""
    text = "from tests.tasks.toy import Parity\n\n\nclass Mine(Parity):\n    pass\n"
    (tmp_path / "mine_of_a_folder.py").write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [path for path in sys.path if path])
    assert find("mine_of_a_folder:Mine").name == "mine_of_a_folder:Mine"


def test_the_teacher_decides_before_the_columns():
    assert infer(["BertForSequenceClassification"], ["x"])[0] == DEFAULT
    assert infer([], [])[0] == DEFAULT
    assert infer(["BertModel"], ["text", "label"])[0] == DEFAULT


def test_a_task_of_another_package_is_listed_after_pip_install(tmp_path):
    """Entry points: what `pip install tfkd-something` adds needs no line of ours."""
    package = tmp_path / "plugin"
    shutil.copytree(HERE / "plugin", package)
    site = tmp_path / "site"
    quiet = ("--quiet", "--no-deps", "--disable-pip-version-check")
    pip = [sys.executable, "-m", "pip", "install", *quiet, "--target", str(site), str(package)]
    made = subprocess.run(pip, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr[-2000:]
    paths = os.pathsep.join([str(site), str(HERE.parents[1])])
    listed = subprocess.run(
        [sys.executable, "-m", "tfkd", "list", "tasks"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": paths},
    )
    assert listed.returncode == 0, listed.stderr[-2000:]
    assert "shouting-detection" in listed.stdout
    assert "shouting-detection" not in names()
