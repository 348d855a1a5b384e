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
    r"""A number that goes from `start` to `end` in `steps` steps, and stays there.

    With $s = \min(\text{step} / \text{steps}, 1)$ it is start + (end - start) · $f(s)$, where
    $f(s)$ is $s$ if `"linear"`, $(1 - \cos \pi s) / 2$ if `"cosine"` and 0 if `"constant"`. The
    step is the optimizer's: each stage of a run begins at 0 again.

    Args:
        start: The number at step 0, not negative.
        end: The number from step `steps` on, not negative.
        steps: How many steps the way takes, at least 1.
        schedule: `"linear"`, `"cosine"` or `"constant"`.

    Raises:
        UserError: Negative or infinite numbers, no steps, an unknown kind.

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

    def __post_init__(self) -> None:
        if self.schedule not in KINDS:
            raise UserError(
                f"schedule is {self.schedule!r}: write one of {', '.join(map(repr, KINDS))}."
            )
        if not all(math.isfinite(number) and number >= 0 for number in (self.start, self.end)):
            raise UserError(f"a schedule from {self.start} to {self.end}: write numbers >= 0.")
        if self.steps < 1:
            raise UserError(f"a schedule of {self.steps} steps: write a positive number.")

    def __call__(self, step: Any) -> tf.Tensor:
        """Return the number at a step, float32."""
        if self.schedule == "constant":
            return tf.constant(self.start, tf.float32)
        share = tf.minimum(tf.cast(step, tf.float32) / float(self.steps), 1.0)
        if self.schedule == "cosine":
            share = 0.5 - 0.5 * tf.cos(math.pi * share)
        return self.start + (self.end - self.start) * share


def is_schedule(value: Any) -> bool:
    """Return whether a number changes with the step: a `Schedule`, or any function of it."""
    return isinstance(value, Callable) and not isinstance(value, type)  # type: ignore[arg-type]


def value_at(value: Any, step: Any) -> Any:
    """Return the number at a step."""
    return value(step) if is_schedule(value) else value


def scale(schedule: Any, factor: float) -> Schedule:
    """Multiply a schedule by a number.

    Raises:
        UserError: a product of two schedules, or of a function of one's own, that a config could
            not hold.
    """
    if not isinstance(schedule, Schedule) or not isinstance(factor, (int, float)):
        raise UserError("a schedule is multiplied by numbers only: write the product as one.")
    return dataclasses.replace(schedule, start=factor * schedule.start, end=factor * schedule.end)


def to_config(value: Any) -> Any:
    """Return a weight or a schedule as JSON has it.

    Raises:
        UserError: a function of one's own.
    """
    if isinstance(value, Schedule):
        return dataclasses.asdict(value)
    if is_schedule(value):
        raise UserError(f"{value!r} cannot be written to a file: write tfkd.Schedule(...).")
    return value


def from_config(value: Any) -> Any:
    """Return the schedule that a config's table describes, and anything else as it is."""
    if isinstance(value, dict) and "schedule" in value:
        try:
            return Schedule(**value)
        except TypeError as error:
            raise UserError(f"the schedule {value}: {error}.") from error
    return value
