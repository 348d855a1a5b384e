"""How the tables of a run's settings declare and check them."""

from __future__ import annotations

import dataclasses
from dataclasses import field
from typing import Any, get_type_hints

from .config_checks import typed_value


def option(default: Any, help: str, flag: str = "", choices: tuple[str, ...] | None = None) -> Any:
    """Declare a setting: its default, its help, and its flag where that is not the field's name."""
    metadata = {"help": help, "flag": flag, "choices": choices}
    if isinstance(default, (dict, list)):
        return field(default_factory=type(default), metadata=metadata)
    return field(default=default, metadata=metadata)


class Table:
    """A part of the settings, whose values are checked by the types and choices of its fields."""

    def __post_init__(self) -> None:
        kinds = get_type_hints(type(self))
        for setting in dataclasses.fields(self):  # type: ignore[arg-type]
            value = typed_value(
                setting.metadata["flag"] or setting.name,
                getattr(self, setting.name),
                kinds[setting.name],
                setting.metadata["choices"],
            )
            object.__setattr__(self, setting.name, value)
