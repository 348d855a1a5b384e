"""Flags from the settings of a run, and a `RunConfig` from what was given."""

from __future__ import annotations

import argparse
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..errors import UserError
from ..running import recipes
from ..running.config import (
    Place,
    RunConfig,
    make_config,
    places,
    put_over,
    read_config,
    read_tables,
)
from ..running.part_settings import RunParts, has_parts, read_parts
from .command_parsers import ALSO

OF_TEACH = (
    *("teacher", "data_dir", "validation", "test", "text_column", "label_column", "labels"),
    "ignore_texts",
    *("tokenizer", "vocab_size", "lowercase", "max_length", "epochs", "batch_size"),
    *("patience", "optimizer", "weight_decay", "clip", "schedule", "warmup"),
    *(
        "learning_rate",
        "freeze",
        "tune",
        "layer_decay",
        "seed",
        "task",
        "form",
        "columns",
        "task_settings",
        "to",
    ),
    *("header", "encoding", "skip_bad"),
)
OF_CACHE = (
    *("teacher", "data_dir", "validation", "test", "unlabelled", "text_column", "label_column"),
    *("ignore_texts", "labels", "teacher_max_length", "seed", "task", "form", "columns"),
    *("task_settings", "store", "classes", "template", "labelled"),
    *("header", "encoding", "skip_bad"),
)
OF_LABEL = (
    *("teacher", "data_dir", "validation", "test", "unlabelled", "text_column", "label_column"),
    *("ignore_texts", "labels", "seed", "task", "form", "columns", "header", "encoding"),
    *("skip_bad", "to", "classes", "orders", "votes", "requests", "answer_seconds"),
    "answer_tokens",
    *("price_in", "price_out", "max_cost", "max_calls", "audit", "min_accuracy", "ask_test"),
)
TABLES = {
    "student_settings": ("--set", "NAME=VALUE"),
    "columns": ("--column", "ROLE=NAME"),
    "task_settings": ("--task-set", "NAME=VALUE"),
}
"""The flags of settings that are tables; each may be given several times."""
LISTS = {"compress": "SPEC", "perturb": "SPEC"}
"""The settings that are lists of texts, and what one is called."""


def add_settings(parser: argparse.ArgumentParser, names: Iterable[str]) -> None:
    """Add a flag for each of these settings; only flags that were given reach the namespace."""
    wanted = set(names)
    for name, place in places().items():
        if name in wanted and (default_of(place) != [] or name in LISTS):
            _add_setting(parser, name, place)


def _add_setting(parser: argparse.ArgumentParser, name: str, place: Place) -> None:
    default, metadata = default_of(place), place.field.metadata
    shown = f" (default: {default})" if default not in ("", 0, 0.0, {}, []) else ""
    options: dict[str, Any] = {"help": metadata["help"] + shown, "default": argparse.SUPPRESS}
    if name in TABLES:
        flag, metavar = TABLES[name]
        parser.add_argument(flag, dest=name, action="append", metavar=metavar, **options)
        return
    if name in LISTS:
        options |= {"action": "append", "metavar": LISTS[name]}
    elif name == "teacher":
        # One for each head: HEAD=KIND:PATH.
        options["action"] = "append"
    elif isinstance(default, bool):
        options["action"] = argparse.BooleanOptionalAction
    else:
        options |= {"type": type(default), "choices": metadata["choices"]}
    parser.add_argument(flag_of(name), *ALSO.get(name, ()), dest=name, **options)


def flag_of(name: str) -> str:
    """Return the flag of a setting.

    >>> flag_of("columns"), flag_of("max_length")
    ('--column', '--max-length')
    """
    return TABLES[name][0] if name in TABLES else f"--{name.replace('_', '-')}"


def default_of(place: Place) -> Any:
    """Return the default of a setting."""
    factory = place.field.default_factory
    return factory() if callable(factory) else place.field.default


def read_flags(given: dict[str, Any]) -> dict[str, Any]:
    """Return settings as `make_config` takes them, of flags that may be given several times.

    Args:
        given: What the flags got, by the names of the settings.

    Raises:
        UserError: A flag of a table without a name or a value.
    """
    settings = dict(given)
    for name, (flag, _) in TABLES.items():
        if name in settings:
            settings[name] = dict(_parse_setting(written, flag) for written in settings[name])
    if "teacher" in settings:
        settings["teacher"] = _join_teachers(settings["teacher"])
    return settings


def config_of(args: argparse.Namespace) -> RunConfig:
    """Return the settings that were given, or those of a TOML file with them in their place."""
    settings = read_flags({n: value for n, value in vars(args).items() if n != "command"})
    recipe = recipes.settings(settings.pop("recipe")) if "recipe" in settings else {}
    if str(settings["data"]).endswith(".toml"):
        return read_config(Path(settings.pop("data")), recipe, **settings)
    return make_config(put_over(recipe, settings))


def parts_of(args: argparse.Namespace) -> RunParts | None:
    """Return the several runs that were asked for, by a recipe or a TOML file; None for one run.

    Raises:
        UserError: A recipe of several runs for the settings of one, or parts that cannot be.
    """
    settings = read_flags({n: value for n, value in vars(args).items() if n != "command"})
    recipe = settings.pop("recipe", "")
    tables = recipes.tables(recipe) if recipe else {}
    file = Path(str(settings["data"]))
    in_file = read_tables(file) if file.suffix == ".toml" else {}
    if has_parts(in_file) and not recipe:
        del settings["data"]
        return read_parts(in_file, settings, file.stem)
    if not has_parts(in_file) and not has_parts(tables):
        return None
    if in_file:
        raise UserError(
            f"{file} and the recipe {recipe} cannot be joined, since one of them has several "
            f"parts: write the settings into a copy of it, `tfkd recipes {recipe} > own.toml`."
        )
    return read_parts(tables, settings, recipe)


def _join_teachers(given: list[str]) -> str:
    """Return the last teacher that was given, or one for each head."""
    of_heads = all(re.match(r"[A-Za-z][\w-]*=", each) for each in given)
    return " + ".join(given) if of_heads else given[-1]


def _parse_setting(written: str, flag: str) -> tuple[str, Any]:
    """Return a name and its TOML value; the value of `--column` is a text.

    >>> _parse_setting("filters=64", "--set"), _parse_setting("tags=ner_tags", "--column")
    (('filters', 64), ('tags', 'ner_tags'))
    >>> _parse_setting("prefixes=32,64", "--task-set")
    ('prefixes', '32,64')
    """
    name, equals, value = written.partition("=")
    if flag == "--column" and equals and name and value:
        return name, value
    try:
        return name, tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        if flag == "--task-set" and re.fullmatch(r"[A-Za-z_]\w*(,[A-Za-z_]\w*)*|\d+(,\d+)+", value):
            # Words or a list of numbers, of which shells leave no quotes.
            return name, value
        example = {"--set": "filters=64", "--column": "text=review"}.get(flag, "name=1")
        raise UserError(
            f"{flag} {written}: write {TABLES_BY_FLAG[flag]}, e.g. {example}."
        ) from None


TABLES_BY_FLAG = dict(TABLES.values())
