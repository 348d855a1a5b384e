"""The checks of the values of a run's settings, told before anything is read or trained."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..data.folds import MOST_FOLDS, parse_fold
from ..errors import UserError

_WORDS = {
    str: "a text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    dict: "a table of names and values",
    list: "a list of tables",
}
_LEAST = {
    "vocab_size": 100,
    "max_length": 4,
    "batch_size": 1,
    "orders": 1,
    "requests": 1,
    "answer_seconds": 1e-3,
    "split_seed": -1,
}
_NOT_NEGATIVE = (
    *("epochs", "labelled", "seed", "teacher_max_length", "learning_rate", "augment"),
    *("projection_rate", "patience", "weight_decay", "clip", "warmup", "teacher_epochs"),
    *("teacher_patience", "teacher_learning_rate", "compress_epochs"),
    *("votes", "price_in", "price_out", "max_cost", "max_calls", "audit", "min_accuracy"),
    "min_confidence",
    "answer_tokens",
)


def typed_value(name: str, value: Any, kind: type, choices: tuple[str, ...] | None = None) -> Any:
    """Return a setting as its type has it: paths as text, whole numbers as floats, lists plain.

    Raises:
        UserError: A value of another type, or none of the choices.
    """
    if isinstance(value, Path):
        value = str(value)
    if kind is float and type(value) is int:
        value = float(value)
    if type(value) is not kind:
        raise UserError(f"{name} is {value!r}: expected {_WORDS[kind]}.")
    if choices and value not in choices:
        raise UserError(f"{name} is {value!r}: write one of {', '.join(choices)}.")
    if kind not in (dict, list):
        return value
    try:
        # As it comes back from a file, so that a config equals the one in its folder.
        return json.loads(json.dumps(value))
    except TypeError as error:
        raise UserError(f"{name} is {value!r}: expected numbers, texts and lists.") from error


def as_texts(name: str, value: Any, example: str) -> list[str]:
    """Return a setting that is a list of texts; one text is a list of one.

    Args:
        name: Of the setting.
        value: What was given.
        example: A text that can be in it, for the error.

    Raises:
        UserError: Something else.

    >>> as_texts("compress", "prune:0.4", "prune:0.4")
    ['prune:0.4']
    """
    texts = [value] if isinstance(value, str) else value
    if isinstance(texts, (list, tuple)) and all(isinstance(each, str) for each in texts):
        return list(texts)
    raise UserError(f'{name} is {value!r}: write a list of texts, e.g. {name} = ["{example}"].')


def check_values(settings: Mapping[str, Any]) -> None:
    """Refuse values that cannot be, given all settings by flat name.

    Raises:
        UserError: The first of them.
    """
    for name, least in _LEAST.items():
        if settings[name] < least:
            raise UserError(f"{name} is {settings[name]}: write at least {least}.")
    for name in _NOT_NEGATIVE:
        if not (math.isfinite(settings[name]) and settings[name] >= 0):
            raise UserError(f"{name} is {settings[name]}: write 0 or more.")
    if settings["seed"] >= 2**31:
        raise UserError(f"seed is {settings['seed']}: write a number below {2**31}.")
    _check_shares(settings)
    _check_weights(settings["temperature"], settings["soft_weight"])
    _check_folds(settings["cross_validate"], settings["fold"], settings["test"])
    if settings["augment_model"] and not (settings["augment"] or settings["texts"]):
        raise UserError(
            f"augment_model is {settings['augment_model']!r} and augment 0: write augment = 20, "
            "say, for 20 augmented texts for each."
        )
    for role, column in settings["columns"].items():
        if not isinstance(column, str):
            raise UserError(f"columns: {role} is {column!r}: write the name of a column.")


def _check_shares(settings: Mapping[str, Any]) -> None:
    for name in ("layer_decay", "share"):
        if not 0 < settings[name] <= 1:
            raise UserError(
                f"{name} is {settings[name]}: write a number above 0 and up to 1, e.g. 0.9."
            )


def _check_folds(count: int, fold: str, test: str) -> None:
    if count and not 2 <= count <= MOST_FOLDS:
        raise UserError(f"cross_validate is {count}: write a number of folds, e.g. 5.")
    if count and (fold or test):
        name, value = ("fold", fold) if fold else ("test", test)
        raise UserError(
            f"cross_validate is {count} and {name} {value}: each fold is a test split, so leave "
            "one of them out."
        )
    if fold:
        parse_fold(fold)


def _check_weights(temperature: float, soft_weight: float) -> None:
    if not (math.isfinite(temperature) and temperature > 0):
        raise UserError(f"temperature is {temperature}: write a positive number, e.g. 2.")
    if not 0 <= soft_weight <= 1:
        raise UserError(f"soft_weight is {soft_weight}: write a number from 0 to 1.")
