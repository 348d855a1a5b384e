"""Flags from the fields of `RunConfig`, and a `RunConfig` from what was given."""

from __future__ import annotations

import argparse
import dataclasses
import tomllib
from pathlib import Path
from typing import Any

from ..errors import UserError
from ..running import recipes
from ..running.config import RunConfig, make, read

OF_TEACH = (
    *("teacher", "data_dir", "validation", "test", "text_column", "label_column", "labels"),
    *("tokenizer", "vocab_size", "lowercase", "max_length", "epochs", "batch_size"),
    *("learning_rate", "seed", "to"),
)
OF_CACHE = (
    *("teacher", "data_dir", "validation", "test", "unlabelled", "text_column", "label_column"),
    *("labels", "teacher_max_length", "seed", "store"),
)


def command(commands, name: str, function, help: str) -> argparse.ArgumentParser:
    """A command, which calls `function` with what was given."""
    made = commands.add_parser(name, help=help, description=f"{help[0].upper()}{help[1:]}.")
    made.set_defaults(command=function)
    return made


def settings(command: argparse.ArgumentParser, names) -> None:
    """A flag for each field of `RunConfig`; only flags that were given reach the namespace."""
    for each in dataclasses.fields(RunConfig):
        if each.name not in names or each.default_factory is list:
            continue  # what only a file says
        flag = f"--{each.name.replace('_', '-')}"
        default = "" if isinstance(each.default, dataclasses._MISSING_TYPE) else each.default
        shown = f" (default: {default})" if default not in ("", 0, 0.0) else ""
        facts: dict[str, Any] = {
            "help": each.metadata["help"] + shown,
            "default": argparse.SUPPRESS,
        }
        if isinstance(default, bool):
            facts["action"] = argparse.BooleanOptionalAction
        elif each.name == "student_settings":
            flag, facts["action"], facts["metavar"] = "--set", "append", "NAME=VALUE"
            facts["dest"] = each.name
        else:
            facts["type"] = type(default)
            facts["choices"] = each.metadata.get("choices")
        command.add_argument(flag, **facts)


def config_of(given: argparse.Namespace) -> RunConfig:
    """The settings that were given, or those of a TOML file with them in their place."""
    found = {k: v for k, v in vars(given).items() if k != "command"}
    if "student_settings" in found:
        found["student_settings"] = dict(map(_setting, found["student_settings"]))
    under = recipes.settings(found.pop("recipe")) if "recipe" in found else {}
    if str(found["data"]).endswith(".toml"):
        return read(Path(found.pop("data")), under, **found)
    return make({**under, **found})


def _setting(written: str) -> tuple[str, Any]:
    """A name and a TOML value.

    >>> _setting("filters=64"), _setting("kernels=[2, 3]")
    (('filters', 64), ('kernels', [2, 3]))
    """
    name, _, value = written.partition("=")
    try:
        return name, tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        raise UserError(f"--set {written}: write NAME=VALUE, e.g. filters=64.") from None
