"""The setting `from_run`: a student that starts from that of an earlier run, as settings see it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .. import tasks
from ..errors import UserError
from ..models.tuning import INSERTED, parse_way
from . import folder as run_folder
from .config import RunConfig, make_config, read_config

NEEDED = (run_folder.CONFIG, "student.keras", "preprocessing.json", run_folder.KEPT)
"""The files of an earlier run that are read."""
_SHRINK = "shrink"
_KEPT_SETTINGS = ("vocab_size", "lowercase", "max_length")
_TITLES = {"student_settings": "the student's settings", "task_settings": "the task's settings"}


def adopt_earlier(config: RunConfig) -> RunConfig:
    """Return the settings with what a student that starts from an earlier run has from there.

    Its architecture, tokenizer and task are those of the earlier run; a setting that says
    otherwise is refused.

    Args:
        config: The settings; without `from_run` they stay as they are.

    Raises:
        UserError: No finished run, a student that cannot start from one, or another architecture,
            tokenizer or task than that of the earlier run.
    """
    given = config.student
    if not given.from_run:
        return config
    _check_combination(config)
    own = Path(config.to).expanduser() / run_folder.CONFIG if config.to else None
    if own is not None and own.is_file():
        # This run has begun, and has all that it needs of the earlier one.
        earlier = read_config(own)
        tokenizer = earlier.student.tokenizer
    else:
        folder = Path(given.from_run).expanduser()
        earlier = _read_earlier(folder)
        # A task of images or sounds has none.
        tokenizer = given.from_run if (folder / "tokenizer.json").is_file() else ""
    adopted = {
        **_adopt_student(config, earlier),
        **_adopt_task(config, earlier),
        "tokenizer": tokenizer,
    }
    if given.start == "auto":
        adopted["start"] = "random"
    return config.replaced(**adopted)


def locate_earlier(config: RunConfig) -> Path:
    """Return the folder of the run that a student starts from."""
    return Path(config.student.from_run).expanduser()


def _check_combination(config: RunConfig) -> None:
    """Refuse settings that say something else of where the student comes from."""
    student = config.student
    for name, value in (("assistant", student.assistant), ("tokenizer", student.tokenizer)):
        if value and value != student.from_run:
            raise UserError(
                f"{name} is {value} and from_run {student.from_run}: a student that starts from "
                f"an earlier run has no {name} of its own; leave one of them out."
            )
    if student.start == "teacher":
        raise UserError(
            f"start is teacher and from_run {student.from_run}: a student starts from one of "
            "them; leave the other out."
        )


def _read_earlier(folder: Path) -> RunConfig:
    missing = [name for name in NEEDED if not (folder / name).is_file()]
    if missing:
        raise UserError(
            f"from_run is {folder}, which is no finished run: it has no {missing[0]}; give the "
            "folder of one, such as runs/latest."
        )
    earlier = read_config(folder / run_folder.CONFIG)
    if earlier.student.source.partition(":")[0] == _SHRINK:
        raise UserError(
            f"the student of {folder} is {earlier.student.source}, made of its teacher's layers: "
            "start from a run whose student is built by name, such as text_cnn, or take it as a "
            f"teacher with --teacher keras:{folder}."
        )
    if earlier.student.compress or any("compress" in table for table in earlier.training.stage):
        raise UserError(
            f"the run {folder} made its student smaller, so that its weights fit no other one: "
            "start from a run without compress, and compress in this one."
        )
    ways = [earlier.training.tune, *(table.get("tune", "") for table in earlier.training.stage)]
    inserted = next((way for way in ways if parse_way(way).name in INSERTED), "")
    if inserted:
        raise UserError(
            f"the run {folder} was tuned by {inserted}, which put layers between its student's, so "
            "that its weights fit no other one: start from a run without it."
        )
    return earlier


def _adopt_student(config: RunConfig, earlier: RunConfig) -> dict[str, Any]:
    given, theirs = config.student, earlier.student
    if given.source and _with_size(given.source) != _with_size(theirs.source):
        raise UserError(
            f"the student is {given.source}, and that of {given.from_run} is {theirs.source}: "
            "leave --student out, or start without an earlier run."
        )
    _refuse_others("student_settings", config, given.settings, theirs.settings)
    standard = make_config({}).student
    adopted = {"student": theirs.source, "student_settings": theirs.settings}
    for name in _KEPT_SETTINGS:
        value, default = getattr(given, name), getattr(standard, name)
        adopted[name] = getattr(theirs, name)
        # Fewer or more tokens of a text is no other model.
        if value != default and name == "max_length":
            adopted[name] = value
        elif value not in (default, adopted[name]):
            raise UserError(
                f"{name} is {value}, and the vocabulary is that of {given.from_run}: leave it out."
            )
    return adopted


def _adopt_task(config: RunConfig, earlier: RunConfig) -> dict[str, Any]:
    wanted, theirs = config.task, earlier.task.name
    settings = {**earlier.task_settings, **config.task_settings}
    if wanted.form or wanted.name:
        named = wanted.name
        if wanted.form:
            named = tasks.name_of(tasks.find_form(wanted.form, wanted.name, settings))
        ours = tasks.name_of(tasks.find(named, settings))
        if ours != tasks.name_of(tasks.find(theirs, earlier.task_settings)):
            raise UserError(
                f"the task is {ours}, and that of {config.student.from_run} is {theirs}: a student "
                "goes on with its own task; leave --task out, or start without an earlier run."
            )
    return {"task": theirs, "form": "", "task_settings": settings}


def _refuse_others(name: str, config: RunConfig, ours: dict, theirs: dict) -> None:
    if ours and ours != theirs:
        raise UserError(
            f"{_TITLES[name]} are {ours}, and those of {config.student.from_run} are {theirs}: "
            "leave them out, or start without an earlier run."
        )


def _with_size(source: str) -> str:
    """Return a student with its size.

    >>> _with_size("text_cnn")
    'text_cnn:small'
    """
    name, _, size = source.partition(":")
    return f"{name}:{size or 'small'}"
