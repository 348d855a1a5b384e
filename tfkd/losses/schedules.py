"""Numbers that change with the step: weights of losses, temperatures."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from ..errors import UserError

KINDS = ("constant", "linear", "cosine")


@dataclass(frozen=True)
class Schedule:
    """A number that goes from `start` to `end` in `steps` steps, and stays there.

    `schedule` is `"linear"`, `"cosine"` (half a wave) or `"constant"`. The step is the
    optimizer's: a stage of a run begins anew.

    Raises:
        UserError: negative or infinite numbers, no steps, an unknown kind.

    >>> temperature = Schedule(8.0, 1.0, steps=100)
    >>> [float(temperature(step)) for step in (0, 50, 100, 200)]
    [8.0, 4.5, 1.0, 1.0]
    >>> float(Schedule(1.0, 0.0, steps=4, schedule="cosine")(1))
    0.8535534143447876
    """

    start: float
    end: float
    steps: int
    schedule: str = "linear"

    def __post_init__(self):
        if self.schedule not in KINDS:
            raise UserError(
                f"schedule is {self.schedule!r}: write one of {', '.join(map(repr, KINDS))}."
            )
        if not all(math.isfinite(each) and each >= 0 for each in (self.start, self.end)):
            raise UserError(f"a schedule from {self.start} to {self.end}: write numbers >= 0.")
        if self.steps < 1:
            raise UserError(f"a schedule of {self.steps} steps: write a positive number.")

    def __call__(self, step) -> tf.Tensor:
        """The number at a step, float32."""
        if self.schedule == "constant":
            return tf.constant(self.start, tf.float32)
        share = tf.minimum(tf.cast(step, tf.float32) / float(self.steps), 1.0)
        if self.schedule == "cosine":
            share = 0.5 - 0.5 * tf.cos(math.pi * share)
        return self.start + (self.end - self.start) * share


def is_schedule(value) -> bool:
    """Whether a number changes with the step: a `Schedule`, or any function of the step."""
    return isinstance(value, Callable) and not isinstance(value, type)  # type: ignore[arg-type]


def at(value, step):
    """The number at a step."""
    return value(step) if is_schedule(value) else value


def scaled(schedule, factor: float):
    """A schedule times a number.

    Raises:
        UserError: a product of two schedules, or of a function of one's own, that a config could
            not hold.
    """
    if not isinstance(schedule, Schedule) or not isinstance(factor, (int, float)):
        raise UserError("a schedule is multiplied by numbers only: write the product as one.")
    return dataclasses.replace(schedule, start=factor * schedule.start, end=factor * schedule.end)


def config(value: Any) -> Any:
    """A weight as JSON has it.

    Raises:
        UserError: a function of one's own.
    """
    if isinstance(value, Schedule):
        return dataclasses.asdict(value)
    if is_schedule(value):
        raise UserError(f"{value!r} cannot be written to a file: write tfkd.Schedule(...).")
    return value


def read(value: Any) -> Any:
    """A schedule from the table that a config has in its place; anything else as it is."""
    if isinstance(value, dict) and "schedule" in value:
        try:
            return Schedule(**value)
        except TypeError as error:
            raise UserError(f"the schedule {value}: {error}.") from error
    return value
