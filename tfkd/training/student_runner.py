"""One forward pass of the student: its outputs by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..losses._base import Objective
from ..losses._batch import Outputs
from ..models import Tapped
from ..models.masks import mask_span_logits
from ..models.outputs import as_outputs, raw_logits
from ..models.weight_rules import WeightRule, reading
from . import first_batch
from .batches import Inputs


class StudentRunner:
    """Runs the student, once a step, and reads what the losses need of its hidden states.

    `reading` says whether it returns logits or probabilities, as `Distiller(student_outputs=...)`,
    and `rules` what its layers read in place of their weights.
    """

    def __init__(
        self,
        taps: Tapped,
        *,
        objective: Objective,
        reading: str,
        rules: Sequence[WeightRule] = (),
    ) -> None:
        self._taps, self._objective, self._reading = taps, objective, reading
        self._rules = rules

    @property
    def model(self) -> Any:
        """The student itself."""
        return self._taps.model

    def of_model(self, model: Any) -> StudentRunner:
        """Return what runs another model in the student's place, without rules.

        Raises:
            UserError: A model without a layer that the student's taps name.
        """
        taps = Tapped(model, **self._taps.where)
        return StudentRunner(taps, objective=self._objective, reading=self._reading)

    def __call__(self, inputs: Inputs, *, training: bool) -> Outputs:
        """Return the student's outputs by name."""
        return self._run(inputs, training)[1]

    def _run(self, inputs: Inputs, training: bool) -> tuple[Any, Outputs]:
        with reading(self._rules, self._taps.model):
            predictions = self._taps.raw(inputs.student, self._objective.student_reads, training)
        outputs = as_outputs(predictions, "student", self._reading)
        return predictions, mask_span_logits(outputs, inputs.student)

    def check(self, inputs: Inputs) -> Outputs:
        """Return the same of the first batch.

        Raises:
            UserError: ids that the student does not know, probabilities where it says logits.
        """
        predictions, outputs = first_batch.call("student", lambda: self._run(inputs, False))
        for head, objective in self._objective.by_head().items():
            first_batch.check_logits(
                "student",
                raw_logits(predictions, head),
                # Which layer a head ends in is not looked for.
                model=None if head else self._taps.model,
                form=objective.form,
                reading=self._reading,
            )
        return outputs
