"""What a candidate may be: the settings of a run that a search chooses, and their values."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ..running.config import RunConfig


class Trial(Protocol):
    """What asks for a value, as a trial of Optuna does."""

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        """Return one of the choices."""

    def suggest_float(self, name: str, low: float, high: float, *, log: bool = False) -> float:
        """Return a number."""


@dataclass(frozen=True)
class Space:
    """The settings that a search chooses.

    Attributes:
        config: The user's own, with its task named.
        also: What is searched beyond a student's training: `compress`.
        fixed: Settings that stay, by flat name.
    """

    config: RunConfig
    also: tuple[str, ...] = ()
    fixed: frozenset[str] = frozenset()

    @classmethod
    def of(cls, config: RunConfig, also: Sequence[str] = (), fixed: Collection[str] = ()) -> Space:
        """Return the space of a run's settings.

        Args:
            config: The settings of the default, which is the first trial.
            also: What is searched beyond a student's training: `compress`.
            fixed: Settings that the user gave and that stay, by flat name.
        """
        return cls(config, tuple(also), frozenset(fixed))

    def first(self) -> dict[str, Any]:
        """Return the parameters of the default by name, for `study.enqueue_trial`."""
        return {}

    def suggest(self, trial: Trial) -> dict[str, Any]:
        """Return the settings of a candidate by flat name, for `config.replaced(**settings)`.

        Args:
            trial: What is asked for each value, such as a trial of Optuna.
        """
        return {}
