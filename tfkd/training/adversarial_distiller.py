"""A `Distiller` whose student answers alike where its embeddings are changed a little."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import tensorflow as tf

from ..distribution import share_of_batch
from ..errors import UserError
from ..losses._base import Objective
from ..losses._batch import Outputs
from ..losses._heads import is_logits
from ..losses.for_head import ForHead
from ..losses.soft_targets import SoftTargets
from ..models import as_tapped
from ..models.layer_outputs import changing_output
from .attacks import (
    Attack,
    FastGradient,
    VirtualAdversary,
    check_attack,
    draw_direction,
    find_table,
    scale_change,
    typical_length,
)
from .distillation_steps import ForwardPass, TaughtExample
from .distiller import Distiller
from .student_runner import StudentRunner
from .total_loss import share_of_objective

_PROBE = 0.1
"""Length of a token's change by which the direction of a virtual adversary is looked for."""


class AdversarialDistiller(Distiller):
    """Train a student on each batch twice: as it is, and with its embeddings under attack.

    The loss of the second pass is added to that of the first, and logged within `loss`. A step
    takes two to three times as long. Evaluations are those of a `Distiller`.

    Args:
        student: A Keras 3 model with a table of embeddings.
        attack: What changes the embeddings, by default `FastGradient()`: the teacher's answers to
            the clean text are the target. That of `VirtualAdversary()` is the student's own.
        **options: Those of `Distiller`.

    Raises:
        UserError: A student without embeddings, or whatever a `Distiller` raises.
    """

    def __init__(self, *, student: Any, attack: Attack | None = None, **options: Any) -> None:
        model = as_tapped(student).model
        # A tf_keras model would have no table of Keras 3.
        table = find_table(model)
        super().__init__(student=student, **options)
        self.attack = FastGradient() if attack is None else attack
        check_attack(self.attack, model, self.objective)
        self._table = [table]
        own = isinstance(self.attack, VirtualAdversary)
        self._own_answers = _follow_own_answers(self.objective) if own else self.objective

    def forward(
        self, example: TaughtExample, run_student: StudentRunner, *, training: bool, step: Any = 0
    ) -> ForwardPass:
        """Run a student on a batch, and in a step of the training under attack as well.

        Args:
            example: What `read_example` returned.
            run_student: Runs the student, or another model in its place.
            training: Whether dropout is at work.
            step: At which schedules are evaluated.

        Raises:
            UserError: A table that the student does not read.
        """
        if not training or run_student is not self.run_student:
            return super().forward(example, run_student, training=training, step=step)
        embedded: list[tf.Tensor] = []
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            with self._with_embeddings(_watch(tape, embedded)):
                passed = super().forward(example, run_student, training=True, step=step)
            loss = self.scale_loss(passed.loss)
        objective, targets = self.objective, example.teacher_outputs
        if isinstance(self.attack, VirtualAdversary):
            own = _answers(passed.student_outputs)
            objective, targets = self._own_answers, own
            gradients = self._find_adversary(example, passed, own, step)
        else:
            gradients = tape.gradient(loss, embedded)
        if all(gradient is None for gradient in gradients):
            raise UserError(
                f"the student does not read its table {self._table[0].name!r} in its forward pass, "
                "so that there is nothing to attack: leave fgm and vat out."
            )
        length = self.attack.size * self._typical_length()
        changes = [
            None if gradient is None else scale_change(gradient, length) for gradient in gradients
        ]
        with self._with_embeddings(_add(changes)):
            outputs = run_student(example.inputs, training=True)
        under_attack = self._loss_of(objective, outputs, targets, passed=passed, step=step)
        # What is no loss of the objective is logged with what the student's layers add.
        share = share_of_batch(passed.example_weight)
        added = passed.regularization_loss + tf.math.divide_no_nan(under_attack, share)
        return passed._replace(regularization_loss=added)

    def _find_adversary(
        self, example: TaughtExample, passed: ForwardPass, targets: Outputs, step: Any
    ) -> list:
        """Return the gradients of the divergence from the own answers, a small step away."""
        found: list[tf.Tensor] = []
        length = _PROBE * self._typical_length()
        with tf.GradientTape(watch_accessed_variables=False) as tape:

            def move(number: int, value: tf.Tensor) -> tf.Tensor:
                shape = tf.shape(value)
                direction = draw_direction(shape, tf.convert_to_tensor(self.optimizer.iterations))
                width = tf.sqrt(tf.cast(shape[-1], tf.float32))
                start = tf.cast(length / width * direction, value.dtype) + tf.zeros_like(value)
                tape.watch(start)
                found.append(start)
                return value + start

            with self._with_embeddings(move):
                outputs = self.run_student(example.inputs, training=True)
            loss = self._loss_of(self._own_answers, outputs, targets, passed=passed, step=step)
            loss = self.scale_loss(loss)
        return tape.gradient(loss, found)

    def _loss_of(
        self,
        objective: Objective,
        outputs: Outputs,
        targets: Any,
        *,
        passed: ForwardPass,
        step: Any,
    ) -> tf.Tensor:
        """Return this replica's share of an objective, of the examples that counted before."""
        losses = objective(outputs, targets, passed.batch, self.projections.by_loss, step=step)
        weight = passed.example_weight
        return share_of_objective(objective, losses, example_weight=weight, step=step)

    def _typical_length(self) -> tf.Tensor:
        return typical_length(tf.convert_to_tensor(self._table[0].embeddings))

    @contextmanager
    def _with_embeddings(self, change: Callable[[int, tf.Tensor], tf.Tensor]) -> Iterator[None]:
        with changing_output(self._table[0], change):
            yield


def _follow_own_answers(objective: Objective) -> Objective:
    """Return the divergence from given probabilities of all heads, in the objective's mean."""
    terms: list[Any] = []
    for head, own in objective.by_head().items():
        loss = SoftTargets(temperature=1.0, form=own.label_form or "multiclass")
        terms.append((1.0, ForHead(head, loss) if head else loss))
    return Objective(tuple(terms), objective.average)


def _answers(outputs: Outputs) -> Outputs:
    return {name: tf.stop_gradient(value) for name, value in outputs.items() if is_logits(name)}


def _watch(
    tape: tf.GradientTape, embedded: list[tf.Tensor]
) -> Callable[[int, tf.Tensor], tf.Tensor]:
    """Return what remembers embeddings as they are, for their gradients."""

    def remember(number: int, value: tf.Tensor) -> tf.Tensor:
        tape.watch(value)
        embedded.append(value)
        return value

    return remember


def _add(changes: list[tf.Tensor | None]) -> Callable[[int, tf.Tensor], tf.Tensor]:
    """Return what adds a change to the embeddings of each call of the layer."""

    def add(number: int, value: tf.Tensor) -> tf.Tensor:
        change = changes[number] if number < len(changes) else None
        return value if change is None else value + tf.cast(change, value.dtype)

    return add
