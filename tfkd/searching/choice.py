"""One thing that a search chooses: a name, and the values that it may have."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol


class Trial(Protocol):
    """What is asked for a value, as a trial of Optuna is."""

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        """Return one of the choices."""

    def suggest_float(self, name: str, low: float, high: float, *, log: bool = False) -> float:
        """Return a number."""


@dataclass(frozen=True)
class Choice:
    """The values of one parameter of a search.

    Attributes:
        name: The parameter's.
        values: All that it may be; numbers from the least one up, the own one among them.
        default: The user's own value.
        setting: The setting of a run that it decides, by flat name.
    """

    name: str
    values: tuple[Any, ...]
    default: Any
    setting: str

    @classmethod
    def of(cls, name: str, values: Sequence[Any], default: Any, setting: str = "") -> Choice:
        """Return a choice, whose default is one of its values.

        Args:
            name: The parameter's.
            values: All that it may be.
            default: The user's own value.
            setting: The setting that it decides; the one of its name by default.

        >>> Choice.of("batch_size", (32, 64), 48).values
        (32, 48, 64)
        """
        found = list(values) if default in values else [*values, default]
        if all(map(_is_number, found)):
            found.sort()
        return cls(name, tuple(found), default, setting or name)

    @property
    def least(self) -> Any:
        """The smallest value, of names the first one."""
        return self.values[0]

    def ask(self, trial: Trial) -> Any:
        """Return the value that a trial has, the nearest to its number."""
        if not self._is_scale:
            labels = [_label(value) for value in self.values]
            return self.values[labels.index(trial.suggest_categorical(self.name, labels))]
        low, high = float(self.values[0]), float(self.values[-1])
        asked = trial.suggest_float(self.name, low, high, log=low > 0)
        place = math.log if low > 0 else float
        return min(self.values, key=lambda value: abs(place(value) - place(asked)))

    def parameter(self, value: Any) -> Any:
        """Return one of the values as a trial has it."""
        return float(value) if self._is_scale else _label(value)

    def below(self, steps: int) -> Any:
        """Return the value that is so many places before the default, or the first one."""
        return self.values[max(0, self.values.index(self.default) - steps)]

    @property
    def _is_scale(self) -> bool:
        # Of 0 and large tables, the middle says nothing of the rest.
        numbers = all(map(_is_number, self.values)) and len(self.values) > 2
        return numbers and (self.values[0] > 0 or self.values[-1] <= 1)


Ask = Callable[[Choice], Any]
"""Returns a value of a choice."""


def _label(value: Any) -> Any:
    """Return a value as Optuna keeps it, which are plain ones alone."""
    return value if isinstance(value, (str, int, float)) else json.dumps(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
