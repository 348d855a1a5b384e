"""Any loss, on one of several heads of a model."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import tensorflow as tf

from ._base import DistillationLoss
from ._batch import Batch, Outputs
from ._heads import batch_of, name_in_head, outputs_of
from ._loss_config import loss_from_config, spell_loss


@dataclass(frozen=True)
class ForHead(DistillationLoss):
    """A loss on one head of a model that has several: a dict of outputs such as `intent.logits`.

    The loss itself is unchanged: it gets the head's `logits`, labels and mask. All other outputs,
    such as the hidden states that the heads have in common, it sees as they are. Labels and masks
    of the batch are dicts by head.

    Args:
        head: The name of the head.
        of: The loss, or its config.

    >>> from tfkd import Batch, HardLabels
    >>> loss = ForHead("intent", HardLabels())
    >>> outputs = {"intent.logits": tf.constant([[2.0, 0.0]]), "slots.logits": tf.zeros((1, 5, 3))}
    >>> batch = Batch(labels={"intent": tf.constant([0])}, mask={})
    >>> loss(outputs, None, batch, {}).numpy().round(4)
    array([0.1269], dtype=float32)
    """

    head: str
    of: DistillationLoss

    def __post_init__(self) -> None:
        if isinstance(self.of, dict):
            object.__setattr__(self, "of", loss_from_config(dict(self.of)))

    @property
    def reads(self) -> tuple[str, ...]:  # type: ignore[override]  # of another loss, per instance
        """The outputs that the loss takes from the teacher."""
        return tuple(map(self._name, self.of.reads))

    @property
    def student_reads(self) -> tuple[str, ...]:  # type: ignore[override]  # as above
        """The outputs that the loss takes from the student."""
        return tuple(map(self._name, self.of.student_reads))

    @property
    def needs(self) -> tuple[str, ...]:  # type: ignore[override]  # as above
        """Which of the teacher and the labels must be there."""
        return self.of.needs

    @property
    def citation(self) -> str:  # type: ignore[override]  # as above
        """The paper that the loss comes from."""
        return self.of.citation

    @property
    def log_name(self) -> str:
        """What the loss is called in logs."""
        return f"{self.head}_{self.of.log_name}"

    def _name(self, name: str) -> str:
        return name_in_head(self.head, name) if name == "logits" else name

    def __call__(
        self, student: Outputs, teacher: Outputs, batch: Batch, weights: dict
    ) -> tf.Tensor:
        """Return the loss of each example: `[batch]`, float32."""
        return self.of(*self._sides(student, teacher), batch_of(self.head, batch), weights)

    def _sides(self, student: Outputs, teacher: Outputs | None) -> tuple[Any, Any]:
        known = None if teacher is None else outputs_of(self.head, teacher)
        return outputs_of(self.head, student), known

    def counts(self, student: Outputs, batch: Batch) -> tf.Tensor:
        """Return how much each position of the head counts."""
        return self.of.counts(outputs_of(self.head, student), batch_of(self.head, batch))

    def weights(self, student: Outputs, teacher: Outputs) -> dict[str, tuple[int, ...]]:
        """Return the shapes of the trainable projections that the loss needs, by name."""
        return self.of.weights(*self._sides(student, teacher))

    def check(self, student: Outputs, teacher: Outputs | None, batch: Batch) -> None:
        """Raise `UserError` where one example batch shows that the loss cannot work."""
        self.of.check(*self._sides(student, teacher), batch_of(self.head, batch))

    def scheduled(self) -> dict[str, Any]:
        """Return the fields of the loss that change with the step."""
        return self.of.scheduled()

    def at(self, step: Any) -> DistillationLoss:
        """Return a copy with every schedule replaced by its value at `step`."""
        return replace(self, of=self.of.at(step))

    def get_config(self) -> dict[str, Any]:
        """Return the head, and the loss with its fields."""
        return {
            "head": self.head,
            "of": {"loss": spell_loss(type(self.of)), **self.of.get_config()},
        }
