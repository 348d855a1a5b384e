"""Recipes by name, as they are written and as settings."""

from __future__ import annotations

import tomllib
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from ...errors import UserError
from ..config import flatten_tables

_FOLDER = Path(__file__).parent


def names() -> list[str]:
    """Return the names of all recipes."""
    return sorted(each.stem for each in _FOLDER.glob("*.toml"))


def read(name: str) -> str:
    """Return the text of a recipe as it is written.

    Raises:
        UserError: No recipe has this name.

    >>> read("hinton").splitlines()[0]
    '# Soft targets in addition to the labels.'
    """
    if name not in names():
        near = get_close_matches(name, names(), n=1)
        hint = f" (did you mean {near[0]}?)" if near else ""
        raise UserError(f"no recipe is called {name!r}{hint}; write one of {', '.join(names())}.")
    return (_FOLDER / f"{name}.toml").read_text(encoding="utf-8")


def tables(name: str) -> dict[str, Any]:
    """Return the tables of a recipe, as TOML has them.

    >>> sorted(tables("hinton"))
    ['training']
    """
    return tomllib.loads(read(name))


def settings(name: str) -> dict[str, Any]:
    """Return the settings of a recipe by flat name, for `make_config`.

    >>> settings("hinton")["temperature"]
    2.0
    """
    return flatten_tables(tables(name), f"the recipe {name}")


def title(name: str) -> str:
    """Return the one-line title of a recipe."""
    return read(name).splitlines()[0].removeprefix("# ")
