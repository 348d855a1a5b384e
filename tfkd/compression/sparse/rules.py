"""Zeros that stay zero through a training, and zeros that come by a schedule.

The weights are the only state: what was zero stays so, and how many have to be zero follows from
the number of the step. So a resumed training goes on as one that was never stopped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from ...models.weight_rules import WeightRule
from .selection import cut_smallest


class KeptZeros(WeightRule):
    """What is zero before an update is zero after it, whatever momentum and decay say."""

    def keep(self, before: Sequence[tf.Tensor], step: tf.Tensor) -> list[tf.Tensor | None]:
        """Return the updated variables with their zeros of before."""
        return list(self._with_zeros(before))

    def _with_zeros(self, before: Sequence[tf.Tensor]) -> list[tf.Tensor]:
        values = [tf.convert_to_tensor(variable.value) for variable in self.variables]
        return [
            tf.where(tf.equal(old, 0), tf.zeros_like(new), new)
            for old, new in zip(before, values, strict=True)
        ]


@dataclass(frozen=True)
class CutPlan:
    """How many weights are zero by when (Zhu & Gupta 2017, arXiv:1710.01878).

    Attributes:
        share: Of zeros at the end, 0 to 1.
        steps: The step from which on it is reached.
        every: Steps from one cut to the next.
        together: Whether the smallest of all variables go, or those of each.
    """

    share: float
    steps: int
    every: int
    together: bool

    def share_at(self, step: Any) -> Any:
        """Return the share of zeros due at a step: fast at first, then slower and slower.

        >>> round(CutPlan(0.8, steps=10, every=1, together=False).share_at(5.0), 6)
        0.7
        """
        return self.share * (1 - (1 - step / self.steps) ** 3)

    def is_due(self, step: tf.Tensor) -> tf.Tensor:
        """Return whether weights are cut after this step."""
        is_last = tf.equal(step, self.steps)
        return is_last | (tf.equal(step % self.every, 0) & (step < self.steps))


class GradualZeros(KeptZeros):
    """Zeros that stay, and at some steps the smallest weights become zeros too.

    Args:
        variables: The kernels.
        plan: How many, and when.
    """

    def __init__(self, variables: Sequence[Any], plan: CutPlan) -> None:
        super().__init__(variables)
        self.plan = plan

    def keep(self, before: Sequence[tf.Tensor], step: tf.Tensor) -> list[tf.Tensor | None]:
        """Return the updated variables with their zeros of before, and with new ones if due."""
        values, step = self._with_zeros(before), tf.cast(step, tf.int64)
        share = self.plan.share_at(tf.cast(step, tf.float64))
        # The search takes as long as a step of a small model.
        return tf.cond(
            self.plan.is_due(step),
            lambda: cut(values, share, together=self.plan.together),
            lambda: values,
        )


def cut(values: Sequence[tf.Tensor], share: Any, *, together: bool) -> list[tf.Tensor]:
    """Return tensors of which a share is zero, the smallest numbers by magnitude.

    Args:
        values: Kernels.
        share: A number of 64 bits, 0 to 1.
        together: Whether the share is of all of them, or of each.
    """
    share = tf.cast(share, tf.float64)
    left: list[tf.Tensor] = []
    for group in [values] if together else [[value] for value in values]:
        numbers = sum(value.shape.num_elements() for value in group)
        left += cut_smallest(group, tf.round(share * numbers))
    return left
