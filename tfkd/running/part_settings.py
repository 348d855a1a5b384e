"""`[part.NAME]` of a recipe or a TOML file: several runs, whose settings are planned together.

What stands outside of the parts, and what the user gives, holds for all of them. `{teacher}` in a
part's text stands for the teacher that the user gives, `{role}` for the column of a role that the
table `[columns]` names.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from ..errors import UserError
from .config import RunConfig, flatten_tables, make_config

PART, DESK = "part", "desk"
"""The tables of a file with parts that no single run has."""
CLAIM = "parts.toml"
"""What the folder of several runs was begun with."""
_OF_ONE_RUN = (
    *("task", "form", "task_settings", "student_settings"),
    *("text_column", "label_column", "labels"),
    *("cross_validate", "fold", "assistant"),
)
_OF_TRAINED = ("teacher_epochs", "teacher_learning_rate", "teacher_patience")
_NAME = re.compile(r"[A-Za-z][\w-]*")
_OF_PART = re.compile(rf"({_NAME.pattern})=(.+)")
_WORD = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class RunParts:
    """Several runs, each in a folder of its own inside of one.

    Attributes:
        folder: The folder of all.
        runs: The settings of each run, by its name and in order.
        desk: The table `[desk]`: what is made of the finished runs; empty for nothing.
    """

    folder: Path
    runs: dict[str, RunConfig]
    desk: dict[str, Any]


def has_parts(tables: Mapping[str, Any]) -> bool:
    """Return whether the tables of a TOML file are those of several runs."""
    return PART in tables


def read_parts(tables: Mapping[str, Any], given: Mapping[str, Any], origin: str) -> RunParts:
    """Return the runs that the tables of a TOML file and the user's settings ask for.

    Args:
        tables: Those of the file, as TOML has them.
        given: The user's settings by flat name; they hold for every part.
        origin: What to call the file in an error.

    Raises:
        UserError: A part that is no table, a setting that does not exist, no teacher or no column
            where a part needs one, settings that only a single run can have.
    """
    parts = tables[PART]
    if not isinstance(parts, dict) or not parts:
        raise UserError(f"{origin}: part is {parts!r:.40}: write tables [{PART}.NAME.data], ...")
    for name, part in parts.items():
        if not isinstance(part, dict) or not _NAME.fullmatch(name):
            raise UserError(f"{origin}: the part {name!r} is {part!r:.40}: write [{PART}.{name}].")
    own = ("columns", PART, DESK)
    shared = flatten_tables({k: v for k, v in tables.items() if k not in own}, origin)
    words = _read_columns(tables.get("columns", {}), given.get("columns", {}), origin)
    both = {**shared, **given}
    _refuse_of_one_run(both, words)
    to, teacher = both.get("to", ""), both.get("teacher", "")
    settings = {name: given[name] for name in given if name not in ("to", "teacher", "columns")}
    by_part = _split_teachers(teacher, tuple(parts))
    runs = {}
    for name, part in parts.items():
        # One that is meant for this part is taken as it is.
        replaced = {"teacher": by_part[name]} if by_part else {}
        filled = _fill(_without(part, replaced), {**words, "teacher": teacher}, origin)
        flat = flatten_tables(filled, f"{origin}, part {name}")
        own_settings = {**shared, **flat, **settings, **replaced}
        runs[name] = make_config(_without_training(own_settings), origin)
        _check_teacher(runs[name].teacher.source, teacher, tuple(parts))
    folder = Path(to).expanduser() if to else Path("runs") / f"{origin}-{_digest(runs)}"
    runs = {name: config.replaced(to=str(folder / name)) for name, config in runs.items()}
    return RunParts(folder, runs, dict(tables.get(DESK, {})))


def is_parts_folder(folder: Path) -> bool:
    """Return whether a folder is that of several runs, finished or not."""
    return (folder / CLAIM).is_file()


def list_runs(folder: Path) -> list[Path]:
    """Return the folders of the runs inside of a folder of parts; of any other, itself.

    Raises:
        UserError: What the folder was begun with is damaged.
    """
    if not is_parts_folder(folder):
        return [folder]
    return [folder / name for name in read_claim(folder)[PART]]


def read_claim(folder: Path) -> dict[str, Any]:
    """Return the tables that a folder of several runs was begun with.

    Raises:
        UserError: They are damaged.
    """
    try:
        return tomllib.loads((folder / CLAIM).read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(
            f"{folder / CLAIM} is damaged ({error}): start again with another --to."
        ) from error


def _read_columns(known: Mapping[str, Any], given: Mapping[str, Any], origin: str) -> dict:
    """Return the columns of the roles that a file names, with those of the user in their place."""
    for role in given:
        if role not in known:
            near = get_close_matches(role, known, n=1)
            hint = f" (did you mean {near[0]}?)" if near else ""
            raise UserError(
                f"{origin} has no column for {role!r}{hint}: write --column ROLE=NAME, ROLE one of "
                f"{', '.join(known) or 'none'}."
            )
    return {**known, **given}


def _refuse_of_one_run(settings: Mapping[str, Any], columns: Mapping[str, str]) -> None:
    """Refuse settings that mean something else in every part.

    Raises:
        UserError: There is one.
    """
    for name in _OF_ONE_RUN:
        if settings.get(name):
            of_columns = name.endswith("_column") and columns
            cure = (
                f"write --column ROLE=NAME, ROLE one of {', '.join(columns)}"
                if of_columns
                else f"write it into [{PART}.NAME...] of a file of your own (`tfkd recipes NAME`)"
            )
            raise UserError(
                f"{name} is {settings[name]!r}, which means another thing in each part: {cure}."
            )


def _split_teachers(teacher: str, parts: tuple[str, ...]) -> dict[str, str]:
    """Return the teacher of each part, where the user gives one for each.

    Raises:
        UserError: Not one for each part.
    """
    # As of the heads of one model; the teachers' own reader needs TensorFlow.
    found = [_OF_PART.fullmatch(each.strip()) for each in teacher.split(" + ")]
    by_part = {each[1]: each[2] for each in found if each}
    if by_part and (set(by_part) != set(parts) or len(found) > len(parts)):
        wanted = " ".join(f"--teacher {name}=KIND:PATH" for name in parts)
        raise UserError(f"the teachers are for {', '.join(by_part)}: write one a part, {wanted}.")
    return by_part


def _check_teacher(source: str, given: str, parts: tuple[str, ...]) -> None:
    """Refuse a teacher for all parts that one of them cannot fine-tune."""
    kind, _, rest = source.partition(":")
    if kind == "train" and rest == given and not rest.startswith("hf:"):
        wanted = " ".join(f"--teacher {name}=KIND:PATH" for name in parts)
        raise UserError(
            f"the teacher is {given}, and a part fine-tunes it first, which an encoder hf:FOLDER "
            f"can be: give one, or a teacher a part, {wanted}."
        )


def _without_training(settings: dict[str, Any]) -> dict[str, Any]:
    """Return settings without how a teacher is trained, for a part that is given one."""
    if str(settings.get("teacher", "train")).startswith("train"):
        return settings
    return {name: value for name, value in settings.items() if name not in _OF_TRAINED}


def _without(part: Mapping[str, Any], replaced: Mapping[str, Any]) -> dict[str, Any]:
    """Return a part's tables without the teacher that is replaced, and how that was trained."""
    if not replaced:
        return dict(part)
    own = ("source", "epochs", "learning_rate", "patience")
    table = {k: v for k, v in part.get("teacher", {}).items() if k not in own}
    return {**part, "teacher": table}


def _fill(value: Any, words: Mapping[str, str], origin: str) -> Any:
    """Return tables whose texts have what the user gives in place of `{word}`.

    Raises:
        UserError: A word that nothing is given for.
    """
    if isinstance(value, dict):
        return {name: _fill(each, words, origin) for name, each in value.items()}
    if isinstance(value, list):
        return [_fill(each, words, origin) for each in value]
    if not isinstance(value, str):
        return value
    for word in _WORD.findall(value):
        if not words.get(word):
            flag = "--teacher hf:ENCODER" if word == "teacher" else f"--column {word}=NAME"
            raise UserError(f"{origin} needs a {word}: add {flag}.")
    return _WORD.sub(lambda found: words[found[1]], value)


def _digest(runs: Mapping[str, RunConfig]) -> str:
    digests = " ".join(f"{name}={config.digest}" for name, config in runs.items())
    return hashlib.sha256(digests.encode()).hexdigest()[:8]
