"""What a student is trained on: a weighted sum of losses."""

from __future__ import annotations

import importlib
import math
import re
from dataclasses import dataclass
from typing import Any, cast

import tensorflow as tf

from . import losses as _losses
from . import schedules
from .errors import UserError
from .losses import DistillationLoss, HardLabels, SoftTargets
from .losses._base import per_example
from .outputs import Batch, Outputs
from .schedules import Schedule, is_schedule

AVERAGES = ("examples", "tokens")


@dataclass(frozen=True)
class Objective:
    """A weighted sum of losses: `0.3 * HardLabels() + 0.7 * SoftTargets(temperature=4)`.

    `average` says what weighs the same: `"examples"` (token-level losses average within an
    example first) or `"tokens"` (an example weighs as many as its positions that count).
    Raises `UserError` for negative, NaN or all-zero weights. A term of weight 0 is not computed.

    >>> objective = 0.3 * HardLabels() + 0.7 * SoftTargets(temperature=4)
    >>> [name for name, weight, loss in objective.named()]
    ['hard_labels', 'soft_targets']
    >>> Objective.from_config(objective.get_config()) == objective
    True
    """

    terms: tuple[tuple[float, DistillationLoss], ...]
    average: str = "examples"

    def __post_init__(self):
        for weight, loss in self.terms:
            _check_term(weight, loss)
        if self.average not in AVERAGES:
            raise UserError(f"average={self.average!r}: write 'examples' or 'tokens'.")

    def __add__(self, other) -> Objective:
        other = as_objective(other)
        return Objective(self.terms + other.terms, self.average)

    def __rmul__(self, weight: float) -> Objective:
        return Objective(tuple((_times(weight, w), loss) for w, loss in self.terms), self.average)

    def averaged(self, average: str) -> Objective:
        """The same objective with another unit of the mean."""
        return Objective(self.terms, average)

    def named(self) -> list[tuple[str, float, DistillationLoss]]:
        """The terms that count, each under its own log name: a second `hint` is `hint_2`."""
        seen: dict[str, int] = {}
        named = []
        for weight, loss in self.terms:
            name = _snake(type(loss).__name__)
            seen[name] = seen.get(name, 0) + 1
            if is_schedule(weight) or weight > 0:
                named.append((name if seen[name] == 1 else f"{name}_{seen[name]}", weight, loss))
        return named

    @property
    def reads(self) -> tuple[str, ...]:
        """The outputs that the losses take from the teacher."""
        used = [loss for _, _, loss in self.named() if "teacher" in loss.needs]
        return tuple(dict.fromkeys(key for loss in used for key in loss.reads))

    @property
    def student_reads(self) -> tuple[str, ...]:
        """The outputs that the losses take from the student."""
        return tuple(
            dict.fromkeys(key for _, _, loss in self.named() for key in loss.student_reads)
        )

    @property
    def form(self) -> str | None:
        """The form that the losses on logits share; `None` where they differ or have none."""
        forms = {loss.form for _, _, loss in self.named() if hasattr(loss, "form")}
        return forms.pop() if len(forms) == 1 else None

    def check(self) -> None:
        """Raise `UserError` where nothing is left to train on."""
        if not self.named():
            raise UserError(
                "the objective's weights are all zero: give at least one loss a positive weight, "
                "e.g. 0.3 * HardLabels() + 0.7 * SoftTargets(temperature=4)."
            )

    def __call__(
        self,
        student: Outputs,
        teacher: Outputs | None,
        batch: Batch,
        weights: dict,
        *,
        skip=(),
        step=0,
    ) -> dict[str, tuple[tf.Tensor, tf.Tensor]]:
        """Each term by name: (loss `[batch]`, how much each example counts in it `[batch]`)."""
        return {
            name: (
                # A loss that does not need the teacher does not look at it.
                loss.at(step)(student, cast("Outputs", teacher), batch, weights.get(name, {})),
                self._example_weights(loss.counts(student, batch)),
            )
            for name, _, loss in self.named()
            if name not in skip
        }

    def scheduled(self) -> dict[str, Schedule]:
        """What changes with the step, by its log name: `soft_targets_weight`, ..._temperature."""
        found = {}
        for name, weight, loss in self.named():
            for field, value in (("weight", weight), *loss.scheduled().items()):
                if is_schedule(value):
                    found[f"{name}_{field}"] = value
        return found

    def _example_weights(self, counts: tf.Tensor) -> tf.Tensor:
        total = per_example(counts)
        return total if self.average == "tokens" else tf.cast(total > 0, tf.float32)

    def get_config(self) -> dict[str, Any]:
        """A JSON-able form, for `from_config`."""
        terms = [
            {"loss": _spell(type(loss)), "weight": schedules.config(weight), **loss.get_config()}
            for weight, loss in self.terms
        ]
        return {"average": self.average, "terms": terms}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Objective:
        """The objective that `get_config` described."""
        return cls(
            tuple(_read_term(dict(t)) for t in config["terms"]), config.get("average", "examples")
        )


def hinton(
    temperature: float = 2.0, soft_weight: float = 0.5, form: str = "multiclass"
) -> Objective:
    """Soft targets and hard labels, `soft_weight` and `1 - soft_weight` (Hinton et al. 2015).

    >>> [weight for _, weight, _ in hinton(temperature=4, soft_weight=0.75).named()]
    [0.25, 0.75]
    """
    if not 0.0 <= soft_weight <= 1.0:
        raise UserError(f"soft_weight is {soft_weight}: write a number from 0 to 1.")
    soft = soft_weight * SoftTargets(temperature=temperature, form=form)
    return (1.0 - soft_weight) * HardLabels(form=form) + soft


def as_objective(value) -> Objective:
    """An `Objective` from one, from a loss, or from a config."""
    if isinstance(value, Objective):
        return value
    if isinstance(value, DistillationLoss):
        return 1.0 * value
    if isinstance(value, dict):
        return Objective.from_config(value)
    raise UserError(
        f"the objective is {value!r}: write a loss or a sum of losses, e.g. "
        "0.3 * HardLabels() + 0.7 * SoftTargets(temperature=4)."
    )


def _check_term(weight, loss) -> None:
    if not isinstance(loss, DistillationLoss):
        raise UserError(f"{loss!r} is no loss: write e.g. 0.5 * SoftTargets(temperature=4).")
    if is_schedule(weight):
        return
    if not isinstance(weight, (int, float)) or not math.isfinite(weight) or weight < 0:
        raise UserError(f"the weight of {type(loss).__name__} is {weight}: write a number >= 0.")


def _times(factor, weight):
    """The product of two weights, of which one may be a schedule."""
    if not (is_schedule(factor) or is_schedule(weight)):
        return factor * weight
    if weight == 1.0:
        return factor
    return (
        schedules.scaled(weight, factor)
        if is_schedule(weight)
        else schedules.scaled(factor, weight)
    )


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def _spell(cls: type) -> str:
    own = getattr(_losses, cls.__name__, None) is cls
    return cls.__name__ if own else f"{cls.__module__}:{cls.__qualname__}"


def _read_term(term: dict) -> tuple[float, DistillationLoss]:
    name, weight = str(term.pop("loss", "")), schedules.read(term.pop("weight", 1.0))
    module, _, qualified = name.rpartition(":")
    try:
        home = importlib.import_module(module) if module else _losses
    except ImportError as error:
        raise UserError(f"the loss {name!r} cannot be loaded: {error}.") from error
    if not hasattr(home, qualified):
        known = [n for n in _losses.__all__ if n[0].isupper() and n != "FORMS"]
        raise UserError(f"there is no loss {name!r}: write one of {', '.join(known)}.")
    try:
        return weight, getattr(home, qualified)(**term)
    except TypeError as error:
        raise UserError(f"{name}: {error}.") from error
