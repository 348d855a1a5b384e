"""What a `Distiller` holds, and its steps: the same for Keras 3 and tf_keras."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import tensorflow as tf

from ..distribution import share_of_batch
from ..losses._base import as_objective
from ..losses._batch import Batch, Families, Outputs
from ..losses._heads import is_logits
from ..losses.hinton import hinton
from ..models import as_tapped
from ..models.callables import as_teacher
from ..models.forms import remember_form
from ..models.masks import has_spans
from ..models.outputs import call_model
from ..models.probabilities import check_reading
from ..models.weight_rules import Keeper, WeightRule, check_rules, reading
from . import first_batch, sources
from .bad_examples import BadExamples
from .batches import BatchMaker, Inputs, map_arrays, split_by_model, unpack
from .building import build
from .metric_log import MetricLog
from .projections import Projections
from .state_families import find_families
from .step_guard import StepGuard
from .student_runner import StudentRunner
from .target_source import TargetSource
from .total_loss import regularization_of, share_of_objective

if TYPE_CHECKING:
    # Or tf_keras's: nothing else is used here than what both have.
    from keras import Model
else:
    Model = object


class TaughtExample(NamedTuple):
    """One batch, and what the teacher says of it."""

    inputs: Inputs
    labels: Any
    sample_weight: Any
    teacher_outputs: Outputs | None


class ForwardPass(NamedTuple):
    """What a student made of one batch: its outputs, and the losses of each example and of all."""

    student_outputs: Outputs
    batch: Batch
    losses_by_name: dict[str, tuple[tf.Tensor, tf.Tensor]]
    example_weight: tf.Tensor
    loss: tf.Tensor
    regularization_loss: tf.Tensor


class DistillationSteps(Model):
    """The models, the objective, and what one batch goes through; `keras` is the flavour's package.

    A subclass inherits from this and from its flavour's `Model`, in that order, and brings what
    they do differently: `metrics_in`, `scale_loss` and `update`.
    """

    keras: Any = None
    metrics_in: Callable[[Any], list]
    scale_loss: Callable[[Any], Any]
    update: Callable[[tf.GradientTape, tf.Tensor], None]

    def __init__(
        self,
        *models: Any,
        student: Any = None,
        teacher: Any = None,
        objective: Any = None,
        student_outputs: str = "auto",
        teacher_outputs: str = "auto",
        mask: Callable[..., tf.Tensor | None] | None = None,
        example: Any = None,
        rules: Sequence[WeightRule] = (),
        name: str = "distiller",
        **unknown: Any,
    ) -> None:
        first_batch.check_arguments(unknown)
        taps = as_tapped(student)
        first_batch.check_student(models, taps.model)
        super().__init__(name=name, dtype=getattr(taps.model, "dtype_policy", None))
        check_reading(student_outputs, "student_outputs")
        check_reading(teacher_outputs, "teacher_outputs")
        self.student = taps.model
        self.objective = as_objective(hinton() if objective is None else objective)
        self.objective.check()
        remember_form(self.student, self.objective.form)
        check_rules(rules, taps.model)
        self.rules = tuple(rules)
        self.run_student = StudentRunner(
            taps, objective=self.objective, reading=student_outputs, rules=self.rules
        )
        self.make_batch = BatchMaker(mask, heads=tuple(self.objective.by_head()))
        self.bad_examples = BadExamples()
        self.target_source = TargetSource(
            as_teacher(teacher, reading=teacher_outputs),
            objective=self.objective,
            make_batch=self.make_batch,
            reading=teacher_outputs,
            bad_examples=self.bad_examples,
        )
        self.is_checked = False
        self.guard = StepGuard(self.objective, self.bad_examples)
        self.metric_log = MetricLog(self.keras, self.objective, self.metrics_in)
        self.projections = Projections(self.objective)
        if not self.target_source.supports_jit:
            self.supports_jit = False
        if example is None:
            first_batch.check_declared_shapes(self.objective, self.student, self.teacher)
        else:
            self.check_batch(example)
        self.built = self.student.built

    @property
    def teacher(self) -> Any:
        """The teacher, `(inputs, reads) -> outputs`, or `None` where the data carry its outputs."""
        return self.target_source.teacher

    @property
    def projection_variables(self) -> list:
        """The trainable weights of the losses."""
        return self.projections.variables

    @property
    def layer_maps(self) -> dict[str, tuple]:
        """The pairs of layers `(student, teacher)` of each loss that compares some."""
        return self.projections.layer_maps

    def check_batch(self, data: Any, *, shapes: Any = None, with_teacher: bool = True) -> Any:
        """Run both models on one batch, and return the student's outputs by name.

        Args:
            data: `x`, `(x, y)` or `(x, y, sample_weight)`.
            shapes: Specs of `x`, where dimensions vary.
            with_teacher: Whether the losses that need the teacher are checked too.

        Raises:
            UserError: Whatever is wrong with the batch.
        """
        first_batch.check_dense(data)
        inputs, labels, sample_weight = unpack(map_arrays(tf.convert_to_tensor, data))
        first_batch.check_heads(self.objective, labels)
        specs = inputs if shapes is None else split_by_model(shapes)
        with self.distribute_strategy.scope():
            build(self.student, specs.student)
            student_outputs = self.run_student.check(inputs)
            self.target_source.has_spans = has_spans(student_outputs)
            teacher_outputs = None
            if with_teacher:
                build(getattr(self.teacher, "model", None), specs.teacher)
                teacher_outputs = self.target_source.check(inputs, labels)
                first_batch.check_shared(self.student, getattr(self.teacher, "model", None))
            self._find_families(inputs, student_outputs, teacher_outputs)
            first_batch.check_weights(sample_weight, student_outputs)
            batch, example_weight = self.make_batch(inputs, labels, sample_weight, student_outputs)
            first_batch.check_labels(self.objective, labelled=labels is not None)
            first_batch.check_outputs(self.objective, student_outputs, teacher_outputs, batch)
            self.metric_log.check(student_outputs, batch, example_weight)
            if with_teacher:
                self.projections.create(student_outputs, teacher_outputs or {}, self.add_weight)
            self.guard.try_inputs(inputs.student, self._try_student)
        self.built = self.is_checked = self.student.built
        return student_outputs

    def _find_families(
        self, inputs: Inputs, student_outputs: Outputs, teacher_outputs: Outputs | None
    ) -> None:
        """Tell the states of a source from those of a target, whose padding is another."""

        def run_student(x: Any) -> Outputs:
            return self.run_student(Inputs(x, x), training=False)

        def run_teacher(x: Any) -> Outputs:
            return self.teacher(x, self.objective.reads)

        mine = find_families(student_outputs, inputs.student, run_student)
        theirs: Families = {}
        # Stored states are taken for those of the same side.
        if teacher_outputs is not None and inputs.targets is None:
            theirs = find_families(teacher_outputs, inputs.teacher, run_teacher)
        self.make_batch.families = (mine, theirs)

    def _try_student(self, inputs: Any) -> tf.Tensor:
        outputs = self.run_student(split_by_model({"student": inputs}), training=False)
        return tf.concat([tf.reshape(outputs[n], [-1]) for n in outputs if is_logits(n)], axis=0)

    # -- one step ----------------------------------------------------------------------------

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Return the student's own output."""
        with reading(self.rules, self.student):
            return call_model(self.student, split_by_model(inputs).student, bool(training))

    def train_step(self, data: Any) -> dict[str, Any]:
        """Update the student once on the global weighted mean of the objective."""
        example = self.read_example(data)
        step = self._step()
        with tf.GradientTape() as tape:
            passed = self.forward(example, self.run_student, training=True, step=step)
            share = share_of_batch(passed.example_weight)
            loss = passed.loss + share * passed.regularization_loss
            scaled_loss = self.scale_loss(loss)
        keeper = Keeper(self.rules)
        self.update(tape, scaled_loss)
        keeper.keep(self.optimizer)
        log, weight = self.metric_log, passed.example_weight
        log.add_losses(passed.losses_by_name, passed.regularization_loss, weight, step=step)
        log.add_predictions(passed.student_outputs, passed.batch, weight)
        return log.results(passed.losses_by_name, labelled=example.labels is not None)

    def read_example(self, data: Any) -> TaughtExample:
        """Return a batch with what the teacher says of it, which runs outside of any tape."""
        inputs, labels, sample_weight = unpack(data)
        inputs, sample_weight = self.guard.clean_inputs(inputs, sample_weight)
        teacher_outputs, sample_weight = self.target_source.read(inputs, labels, sample_weight)
        return TaughtExample(inputs, labels, sample_weight, teacher_outputs)

    def forward(
        self, example: TaughtExample, run_student: StudentRunner, *, training: bool, step: Any = 0
    ) -> ForwardPass:
        """Run a student on a batch; return all that its loss is made of.

        Args:
            example: What `read_example` returned.
            run_student: Runs the student, or another model in its place.
            training: Whether dropout is at work.
            step: At which schedules are evaluated.
        """
        student_outputs = run_student(example.inputs, training=training)
        # Replicas share a layer's list of losses, and take turns at each sum over all of them.
        regularization_loss = regularization_of(run_student.model, student_outputs)
        batch, example_weight = self.make_batch(
            example.inputs, example.labels, example.sample_weight, student_outputs
        )
        batch = self.guard.clean_labels(batch, student_outputs)
        losses_by_name = self.objective(
            student_outputs, example.teacher_outputs, batch, self.projections.by_loss, step=step
        )
        losses_by_name, example_weight = self.guard.clean_losses(losses_by_name, example_weight)
        loss = share_of_objective(
            self.objective, losses_by_name, example_weight=example_weight, step=step
        )
        return ForwardPass(
            student_outputs,
            batch,
            losses_by_name,
            example_weight,
            loss,
            regularization_loss,
        )

    def test_step(self, data: Any) -> dict[str, Any]:
        """Report the same numbers without an update; the teacher does not run unless asked."""
        inputs, labels, sample_weight = unpack(data)
        inputs, sample_weight = self.guard.clean_inputs(inputs, sample_weight)
        skipped = self.metric_log.skipped_losses(inputs.targets)
        teacher_outputs, step = None, self._step()
        if not skipped:
            teacher_outputs, sample_weight = self.target_source.read(inputs, labels, sample_weight)
        student_outputs = self.run_student(inputs, training=False)
        regularization_loss = regularization_of(self.student, student_outputs)
        # Weights of classes are of the training alone, as in Keras.
        make_batch = replace(self.make_batch, class_weight=None)
        batch, example_weight = make_batch(inputs, labels, sample_weight, student_outputs)
        batch = self.guard.clean_labels(batch, student_outputs)
        losses_by_name = self.objective(
            student_outputs,
            teacher_outputs,
            batch,
            self.projections.by_loss,
            skip=skipped,
            step=step,
        )
        if not losses_by_name:
            # There may be no labels either, in data that could not be looked into before.
            contents = sources.describe_contents(data)
            self.metric_log.check_report(contents, teacher=self.teacher)
        not_finite = self.guard.find_not_finite(student_outputs, batch)
        losses_by_name, example_weight = self.guard.clean_losses(
            losses_by_name, example_weight, not_finite
        )
        log = self.metric_log
        log.add_losses(losses_by_name, regularization_loss, example_weight, step=step)
        log.add_predictions(student_outputs, batch, example_weight)
        return log.results(losses_by_name, labelled=labels is not None)

    def _step(self) -> Any:
        """Count the updates so far, where a number changes with them."""
        if not self.metric_log.has_schedules:
            return 0
        return tf.cast(tf.convert_to_tensor(self.optimizer.iterations), tf.float32)
