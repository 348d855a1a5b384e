"""The steps of a `Distiller`, the same for Keras 3 and tf_keras."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from .. import distribution
from ..errors import UserError
from ..losses._base import as_objective
from ..losses._batch import Outputs
from ..losses.hinton import hinton
from ..losses.schedules import value_at
from ..models import as_tapped, masks
from ..models.callables import as_teacher
from ..models.outputs import as_outputs, raw
from ..models.probabilities import check_reading
from ..models.saving import quiet_save
from . import bad_targets, batches, first_batch, input_checksum, projections, sources
from .loops import Loops, as_list


class Steps(Loops):
    """The body that both flavours of Keras share; `keras` is the package of the flavour.

    A subclass inherits from this and from its flavour's `Model`, in that order, and brings what
    they do differently: `compiled_container`, `metrics_in`, `scale_loss` and `update`.
    """

    keras: Any = None

    def __init__(
        self,
        *models,
        student=None,
        teacher=None,
        objective=None,
        student_outputs: str = "auto",
        teacher_outputs: str = "auto",
        mask=None,
        example=None,
        name: str = "distiller",
    ):
        taps = as_tapped(student)
        student = taps.model
        first_batch.the_student(models, student)
        self._taps = taps
        super().__init__(name=name, dtype=getattr(student, "dtype_policy", None))
        self.readings = {"student": student_outputs, "teacher": teacher_outputs}
        for whose, reading in self.readings.items():
            check_reading(reading, f"{whose}_outputs")
        self.student = student
        self.objective = as_objective(hinton() if objective is None else objective)
        self.objective.check()
        self.teacher = as_teacher(teacher, reading=teacher_outputs)
        self.position_mask = mask or masks.position_mask
        self._class_weight: dict | None = None
        self._make_state()
        if not getattr(self.teacher, "jit", True):
            self.supports_jit = False
        first_batch.at_construction(self, example)
        self.built = student.built

    def _make_state(self) -> None:
        self._make_means()
        self._projections: dict[str, dict] = {}
        self.layer_maps: dict[str, tuple] = {}
        self._bad_targets = bad_targets.BadTargets()

    def make_projections(self, student: Outputs, teacher: Outputs) -> None:
        """Create the trainable weights that the losses ask for; once, before any call."""
        for name, _, loss in self.objective.named():
            shapes = loss.weights(student, teacher)
            if shapes and name not in self._projections:
                self._projections[name] = {
                    key: self.add_weight(shape=shape, name=f"{name}_{key}", trainable=True)
                    for key, shape in shapes.items()
                }
        self.layer_maps = projections.layer_maps(self.objective, student, teacher)

    @property
    def projection_variables(self) -> list:
        """The trainable weights of the losses."""
        return [each for weights in self._projections.values() for each in weights.values()]

    # -- what Keras calls ------------------------------------------------------------------

    def compile(self, optimizer="adam", *, metrics=None, weighted_metrics=None, **options):
        """As `keras.Model.compile`, without `loss`: the objective is the loss.

        `teacher_in_evaluate=True` runs the teacher in `evaluate` too, for `val_soft_targets`.
        `projection_optimizer` trains the losses' projections: an optimizer of its own, or a
        number, the learning rate of Adam; by default `optimizer` trains them with the student.
        """
        if options.pop("loss", None) is not None or options.pop("loss_weights", None) is not None:
            raise UserError(
                "Distiller.compile takes no loss: give Distiller(objective=...), e.g. "
                "0.3 * HardLabels() + 0.7 * SoftTargets(temperature=4)."
            )
        if options.get("jit_compile") is True and not getattr(self.teacher, "jit", True):
            raise UserError(
                "this teacher cannot be compiled by XLA: write jit_compile=False, or train from "
                "stored targets."
            )
        self._teacher_in_evaluate = options.pop("teacher_in_evaluate", False)
        apart = options.pop("projection_optimizer", None)
        self.projection_optimizer = projections.optimizer(self.keras, apart)
        # Keras's own container, told that all metrics are weighted: the weights are our masks.
        self.has_metrics = bool(metrics or weighted_metrics)
        metrics = metrics if isinstance(metrics, dict) else as_list(metrics) or None
        super().compile(optimizer=optimizer, weighted_metrics=metrics, **options)
        self._compiled_weighted = None
        if weighted_metrics:
            self._compiled_weighted = type(self.compiled_container)(None, weighted_metrics)

    def call(self, inputs, training=None):
        """The student's own output."""
        return raw(self.student, batches.split(inputs).student, bool(training))

    def train_step(self, data):
        """One update of the student on the global weighted mean of the objective."""
        inputs, labels, sample_weight = batches.unpack(data)
        teacher, sample_weight = self._targets(inputs, labels, sample_weight)
        step = self._step()  # before the update, as the terms are
        with tf.GradientTape() as tape:
            value, student = self.run_student(inputs, training=True)
            batch, weight = self._batch(inputs, labels, sample_weight, student)
            terms = self.objective(student, teacher, batch, self._projections, step=step)
            penalty = self._regularisation_loss()  # before the update, as the terms are
            loss = self._share_of_loss(terms, weight, step) + penalty / distribution.replicas()
            scaled = self.scale_loss(loss)
        self.update(tape, scaled)
        return self._log(terms, penalty, value, student, batch, weight, step)

    def test_step(self, data):
        """The same numbers without an update; the teacher stays out unless asked."""
        inputs, labels, sample_weight = batches.unpack(data)
        skip, step = self.skipped(inputs.targets), self._step()
        teacher = None
        if not skip:
            teacher, sample_weight = self._targets(inputs, labels, sample_weight)
        value, student = self.run_student(inputs, training=False)
        batch, weight = self._batch(inputs, labels, sample_weight, student)
        terms = self.objective(student, teacher, batch, self._projections, skip=skip, step=step)
        if not terms:  # nor labels: what could not be looked into before
            first_batch.check_report(self, sources.holds(data))
        penalty = self._regularisation_loss()
        return self._log(terms, penalty, value, student, batch, weight, step)

    # -- the pieces of a step --------------------------------------------------------------

    def run_student(self, inputs, training: bool):
        """One forward pass: what the student returned, and the same by name."""
        value = self._taps.raw(inputs.student, self.objective.student_reads, training)
        outputs = as_outputs(value, "student", self.readings["student"])
        return value, masks.of_spans(outputs, inputs.student)

    def read_teacher(self, value) -> Outputs:
        """What the teacher returned, by name."""
        return as_outputs(value, "teacher", self.readings["teacher"])

    def _targets(self, inputs, labels, sample_weight):
        """The teacher's outputs; an example with NaN among them is counted and weighs nothing."""
        if not self.objective.reads:
            return None, sample_weight
        stored = inputs.targets
        teacher = stored or self.teacher(inputs.teacher, self.objective.reads)
        teacher = masks.of_spans(teacher, inputs.teacher)
        teacher = tf.nest.map_structure(tf.stop_gradient, teacher)
        bad, changed = self._bad_examples(inputs, labels, teacher), None
        if (
            stored is not None
            and (changed := input_checksum.broken(stored, inputs.student)) is not None
        ):
            self._bad_targets.add(bad, changed)
            bad = bad | changed
        else:
            self._bad_targets.add(bad)
        if "logits" in teacher:
            teacher["logits"] = batches.zero_where(bad, teacher["logits"])
        return teacher, batches.without(bad, sample_weight)

    def _bad_examples(self, inputs, labels, teacher):
        """Which examples have NaN or +inf among the teacher's logits: `[batch]`, bool."""
        if "logits" not in teacher:
            return tf.zeros(tf.shape(tf.nest.flatten(teacher)[0])[:1], tf.bool)
        mask = self.position_mask(inputs.teacher, labels, teacher["logits"])
        return batches.not_finite(teacher["logits"], mask)

    def _batch(self, inputs, labels, sample_weight, student):
        mask = self.position_mask(inputs.student, labels, student["logits"])
        return batches.batch_of(
            inputs, labels, sample_weight, mask, student["logits"], self._class_weight
        )

    def _by_optimizer(self, gradients, variables):
        """The optimizers, each with its gradients and variables."""
        return projections.by_optimizer(self, self._projections, gradients, variables)

    def _share_of_loss(self, terms, weight, step):
        return tf.add_n(
            [
                value_at(scale, step)
                * distribution.share_of_global_mean(terms[name][0], terms[name][1] * weight)
                for name, scale, _ in self.objective.named()
            ]
        )

    def _regularisation_loss(self):
        losses = [tf.reduce_sum(tf.cast(loss, tf.float32)) for loss in self.student.losses]
        return tf.add_n(losses) if losses else tf.constant(0.0)

    # -- only the student is saved ---------------------------------------------------------

    def save(self, filepath, overwrite=True, **options):
        """Save the student alone; it loads without tfkd."""
        with quiet_save():
            return self.student.save(filepath, overwrite=overwrite, **options)

    def export(self, *args, **options):
        """As the student's `export`."""
        return self.student.export(*args, **options)

    def summary(self, *args, **options):
        """As the student's `summary`."""
        return self.student.summary(*args, **options)
