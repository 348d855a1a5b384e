"""What every loss shares: the base class, and the weighted sum of losses."""

from __future__ import annotations

import copy
import dataclasses
import math
import re
from collections.abc import Sequence
from typing import Any, ClassVar, cast

import tensorflow as tf

from ..errors import UserError
from ._batch import Batch, Outputs
from ._loss_config import Forms, loss_from_config, spell_loss
from ._positions import per_example, position_weights
from ._states import batch_of_states
from .schedules import Schedule, from_config, is_schedule, scale, to_config


@dataclasses.dataclass(frozen=True)
class DistillationLoss:
    """A pure function of named bundles of tensors: `(student, teacher, batch, weights) -> [batch]`.

    A subclass is a frozen dataclass; its fields are its config. `reads` names the outputs that
    it takes from the teacher, `student_reads` from the student, and `needs` which of "teacher"
    and "labels" must be there.
    """

    reads: ClassVar[tuple[str, ...]] = ("logits",)
    student_reads: ClassVar[tuple[str, ...]] = ("logits",)
    needs: ClassVar[tuple[str, ...]] = ("teacher",)
    # The paper that it comes from, for a model card; empty where there is none to name.
    citation: ClassVar[str] = ""

    def __post_init__(self) -> None:
        # A config has a table in a schedule's place.
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if isinstance(value, dict):
                object.__setattr__(self, field.name, from_config(value))

    @property
    def log_name(self) -> str:
        """What the loss is called in logs: `soft_targets`."""
        return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(self).__name__).lower()

    def scheduled(self) -> dict[str, Any]:
        """Return the fields that change with the step."""
        values = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return {name: value for name, value in values.items() if is_schedule(value)}

    def at(self, step: Any) -> DistillationLoss:
        """Return a copy with every schedule replaced by its value at `step`."""
        changing = self.scheduled()
        if not changing:
            return self
        now = copy.copy(self)
        for name, schedule in changing.items():
            object.__setattr__(now, name, schedule(step))
        return now

    def __call__(
        self, student: Outputs, teacher: Outputs, batch: Batch, weights: dict
    ) -> tf.Tensor:
        """Return the loss of each example: `[batch]`, float32.

        Args:
            student: Its outputs by name, those of `student_reads` among them.
            teacher: Its outputs by name, those of `reads` among them.
            batch: Labels and masks.
            weights: The trainable projections, by the names that `weights` gives them.
        """
        raise NotImplementedError(f"{type(self).__name__} defines no __call__")

    def counts(self, student: Outputs, batch: Batch) -> tf.Tensor:
        """Return how much each position counts: logits without the last axis, 0 where padded."""
        return position_weights(student["logits"], batch)

    def weights(self, student: Outputs, teacher: Outputs) -> dict[str, tuple[int, ...]]:
        """Return the shapes of the trainable projections that this loss needs, by name."""
        return {}

    def check(self, student: Outputs, teacher: Outputs | None, batch: Batch) -> None:
        """Raise `UserError` where one example batch shows that this loss cannot work."""

    def find_bad_labels(self, logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor | None:
        """Find labels that mean nothing to this loss, as in `check`; `None` where it cannot say.

        A step takes them for unknown, in graph mode too, and the training stops after it.
        """
        return None

    def get_config(self) -> dict[str, Any]:
        """Return the fields as JSON has them: `type(loss)(**loss.get_config()) == loss`."""
        for schedule in self.scheduled().values():
            to_config(schedule)
        return dataclasses.asdict(self)

    def __rmul__(self, weight: Any) -> Objective:
        """Weigh the loss: `0.7 * loss` is an `Objective`, and so is `loss * 0.7`."""
        return Objective(((weight, self),))

    __mul__ = __rmul__

    def __add__(self, other: Any) -> Objective:
        """Add a loss or a sum: `loss + other` is an `Objective`."""
        return 1.0 * self + other


AVERAGES = ("examples", "tokens")


@dataclasses.dataclass(frozen=True)
class Objective:
    """A weighted sum of losses: `0.3 * HardLabels() + 0.7 * SoftTargets(temperature=4)`.

    `average` says what weighs the same: `"examples"` (token-level losses average within an
    example first) or `"tokens"` (an example weighs as many as its positions that count).
    Raises `UserError` for negative, NaN or all-zero weights. A term of weight 0 is not computed.

    >>> from tfkd import HardLabels, SoftTargets
    >>> objective = 0.3 * HardLabels() + 0.7 * SoftTargets(temperature=4)
    >>> [name for name, weight, loss in objective.named()]
    ['hard_labels', 'soft_targets']
    >>> Objective.from_config(objective.get_config()) == objective
    True
    """

    terms: tuple[tuple[float, DistillationLoss], ...]
    average: str = "examples"

    def __post_init__(self) -> None:
        for weight, loss in self.terms:
            _check_term(weight, loss)
        if self.average not in AVERAGES:
            raise UserError(f"average={self.average!r}: write 'examples' or 'tokens'.")

    def __add__(self, other: Any) -> Objective:
        other = as_objective(other)
        return Objective(self.terms + other.terms, self.average)

    def __rmul__(self, weight: float) -> Objective:
        return Objective(tuple((_times(weight, w), loss) for w, loss in self.terms), self.average)

    __mul__ = __rmul__

    def averaged(self, average: str) -> Objective:
        """Return the same objective with another unit of the mean."""
        return Objective(self.terms, average)

    def named(self) -> list[tuple[str, float, DistillationLoss]]:
        """Return the terms that count, each with its own log name: a second `hint` is `hint_2`."""
        seen: dict[str, int] = {}
        named = []
        for weight, loss in self.terms:
            name = loss.log_name
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

    @property
    def label_form(self) -> str | None:
        """The form of the labels: that of the first loss that needs labels, or has a form at all.

        A loss of weight 0 says it too; `None` where there is none.
        """
        forms = [loss for _, loss in self.terms if hasattr(loss, "form")]
        forms.sort(key=lambda loss: "labels" not in loss.needs)
        return forms[0].form if forms else None

    def by_head(self) -> dict[str, Objective]:
        """Return the losses on each head of a model that has several, as if it had that one alone.

        Without any such loss, the whole objective by the empty name.
        """
        heads = tuple(dict.fromkeys(getattr(loss, "head", "") for _, loss in self.terms))
        if not any(heads):
            return {"": self}
        own = {head: [t for t in self.terms if getattr(t[1], "head", "") == head] for head in heads}
        return {
            head: Objective(tuple((w, cast("Any", loss).of) for w, loss in terms), self.average)
            for head, terms in own.items()
            if head
        }

    def find_bad_labels(self, logits: tf.Tensor, labels: tf.Tensor | None) -> tf.Tensor | None:
        """Find the labels that mean nothing to one of the losses, in the shape of the labels."""
        if labels is None:
            return None
        found = [loss.find_bad_labels(logits, labels) for _, _, loss in self.named()]
        known = [each for each in found if each is not None]
        return tf.reduce_any(tf.stack(known), axis=0) if known else None

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
        skip: Sequence[str] = (),
        step: Any = 0,
    ) -> dict[str, tuple[tf.Tensor, tf.Tensor]]:
        """Return each term by name: its loss and how much each example counts, both `[batch]`.

        Args:
            student: Its outputs by name.
            teacher: Its outputs by name; `None` where no loss reads any.
            batch: Labels and masks.
            weights: The trainable projections by name, for each term by its name.
            skip: Names of terms to leave out.
            step: At which schedules are evaluated.
        """
        values = {}
        for name, _, loss in self.named():
            if name in skip:
                continue
            own = batch_of_states(loss, student, teacher, batch)
            values[name] = (
                # A loss that does not need the teacher does not look at it.
                loss.at(step)(student, cast("Outputs", teacher), own, weights.get(name, {})),
                self._example_weights(loss.counts(student, own)),
            )
        return values

    def scheduled(self) -> dict[str, Schedule]:
        """Return what changes with the step by log name, such as `soft_targets_temperature`."""
        schedules = {}
        for name, weight, loss in self.named():
            for field, value in (("weight", weight), *loss.scheduled().items()):
                if is_schedule(value):
                    schedules[f"{name}_{field}"] = value
        return schedules

    def _example_weights(self, counts: tf.Tensor) -> tf.Tensor:
        total = per_example(counts)
        return total if self.average == "tokens" else tf.cast(total > 0, tf.float32)

    def get_config(self) -> dict[str, Any]:
        """Return the terms as JSON has them, for `from_config`."""
        terms = [
            {"loss": spell_loss(type(loss)), "weight": to_config(weight), **loss.get_config()}
            for weight, loss in self.terms
        ]
        return {"average": self.average, "terms": terms}

    @classmethod
    def from_config(cls, config: dict[str, Any], form: Forms = "multiclass") -> Objective:
        """Return the objective that `get_config` described.

        Args:
            config: The terms.
            form: What the logits are, for losses on logits that do not say it.
        """
        return cls(
            tuple(_read_term(dict(term), form) for term in config["terms"]),
            config.get("average", "examples"),
        )


def as_objective(value: Any) -> Objective:
    """Return an `Objective`, made of a loss or a config if need be."""
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


def _check_term(weight: Any, loss: Any) -> None:
    if not isinstance(loss, DistillationLoss):
        raise UserError(f"{loss!r} is no loss: write e.g. 0.5 * SoftTargets(temperature=4).")
    if is_schedule(weight):
        return
    if not isinstance(weight, (int, float)) or not math.isfinite(weight) or weight < 0:
        raise UserError(f"the weight of {type(loss).__name__} is {weight}: write a number >= 0.")


def _times(factor: Any, weight: Any) -> Any:
    """Multiply two weights, of which one may be a schedule."""
    if not (is_schedule(factor) or is_schedule(weight)):
        return factor * weight
    if weight == 1.0:
        return factor
    return scale(weight, factor) if is_schedule(weight) else scale(factor, weight)


def _read_term(term: dict, form: Forms) -> tuple[float, DistillationLoss]:
    weight = from_config(term.pop("weight", 1.0))
    return weight, loss_from_config(term, form)
