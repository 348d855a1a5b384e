"""What the student learns from: the teacher's outputs, computed or stored, and made safe."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from ..errors import UserError
from ..losses._base import Objective
from ..losses._batch import Outputs
from ..losses._heads import heads_of, is_logits, name_in_head
from ..models.masks import has_spans, mask_span_logits, name_span_logits
from ..models.outputs import as_outputs, raw_logits
from . import first_batch
from .bad_examples import BadExamples, refuse_changed
from .batches import BatchMaker, Inputs, find_not_finite, zero_examples, zero_weights
from .input_checksum import changed_examples


class TargetSource:
    """The teacher's outputs of a batch, without the examples that nothing can be learnt from.

    A plain object, so that the student's checkpoint, `summary()` and variables lack the teacher.
    """

    def __init__(
        self,
        teacher: Any,
        *,
        objective: Objective,
        make_batch: BatchMaker,
        reading: str,
        bad_examples: BadExamples,
    ) -> None:
        self.teacher = teacher
        self._bad_examples = bad_examples
        # Stored targets are logits alone: the student's names say whether they are those of spans.
        self.has_spans = False
        self._objective, self._make_batch, self._reading = objective, make_batch, reading

    @property
    def supports_jit(self) -> bool:
        """Whether XLA can compile a step that runs the teacher."""
        return getattr(self.teacher, "jit", True)

    def read(
        self, inputs: Inputs, labels: tf.Tensor | None, sample_weight: tf.Tensor | None
    ) -> tuple[Outputs | None, tf.Tensor | None]:
        """Return the teacher's outputs and the sample weights, 0 for an example of bad targets.

        Bad are NaN or +inf among the logits, and stored targets of other inputs. They are counted
        by `BadExamples`, since a compiled step cannot raise.
        """
        if not self._objective.reads:
            return None, sample_weight
        outputs = inputs.targets or self.teacher(inputs.teacher, self._objective.reads)
        outputs = mask_span_logits(self._name_spans(outputs), inputs.teacher)
        outputs = tf.nest.map_structure(tf.stop_gradient, outputs)
        not_finite = self._find_not_finite(inputs, labels, outputs)
        changed = changed_examples(inputs.checksum, inputs.student)
        self._bad_examples.add("targets", not_finite)
        bad = not_finite
        if changed is not None:
            self._bad_examples.add("changed", changed)
            bad |= changed
        for name in filter(is_logits, outputs):
            outputs[name] = zero_examples(bad, outputs[name])
        return outputs, zero_weights(bad, sample_weight)

    def _name_spans(self, outputs: Outputs) -> Outputs:
        """Name the logits of an answer's start and end as the student does."""
        if not self.has_spans or has_spans(outputs) or "logits" not in outputs:
            return outputs
        return name_span_logits(outputs)

    def _find_not_finite(
        self, inputs: Inputs, labels: tf.Tensor | None, outputs: Outputs
    ) -> tf.Tensor:
        bad = tf.zeros(tf.shape(tf.nest.flatten(outputs)[0])[:1], tf.bool)
        for head in heads_of(outputs):
            mask = self._make_batch.position_mask(inputs.teacher, labels, outputs, head)
            bad |= find_not_finite(outputs[name_in_head(head, "logits")], mask)
        return bad

    def check(self, inputs: Inputs, labels: tf.Tensor | None) -> Outputs | None:
        """Return the teacher's outputs of the first batch.

        Raises:
            UserError: no teacher, an output that is missing, probabilities, NaN, changed inputs.
        """
        if not self._objective.reads:
            return None
        if inputs.targets is None:
            outputs = self._check_teacher(inputs.teacher)
        else:
            outputs = inputs.targets
            changed = changed_examples(inputs.checksum, inputs.student)
            if changed is not None:
                refuse_changed(int(tf.reduce_sum(tf.cast(changed, tf.int32))))
        self._check_names(outputs, stored=inputs.targets is not None)
        named = self._name_spans(outputs)
        for head in heads_of(outputs):
            mask = self._make_batch.position_mask(inputs.teacher, labels, named, head)
            first_batch.check_finite("teacher", outputs[name_in_head(head, "logits")], mask)
        return outputs

    def _check_teacher(self, inputs: Any) -> Outputs:
        first_batch.check_teacher(self.teacher, self._objective)
        run = getattr(self.teacher, "raw", self.teacher)
        value = first_batch.call("teacher", lambda: run(inputs, self._objective.reads))
        outputs = as_outputs(value, "teacher", self._reading)
        for head, objective in self._objective.by_head().items():
            if head and not objective.reads:
                continue
            first_batch.check_logits(
                "teacher",
                raw_logits(value, head),
                model=None if head else getattr(self.teacher, "model", None),
                form=objective.form,
                reading=self._reading,
            )
        return outputs

    def _check_names(self, outputs: Outputs, *, stored: bool) -> None:
        reads = self._objective.reads
        missing = [name for name in reads if name not in outputs]
        if missing and stored:
            raise UserError(
                f"the stored targets hold {', '.join(outputs)} and the objective reads "
                f"{', '.join(missing)} too: write them with tfkd.store.write(..., "
                f"reads={reads!r}), or drop the loss that reads it."
            )
        if missing:
            raise UserError(
                f"the teacher returned {', '.join(map(repr, outputs))} and the objective reads "
                f"{', '.join(map(repr, missing))} too: return it, or drop the loss that reads it."
            )
