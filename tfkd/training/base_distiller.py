"""The body of a `Distiller`, the same for Keras 3 and tf_keras: `compile`, `fit`, `evaluate`."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from ..distribution import lost, workers
from ..errors import UserError
from ..models.saving import quiet_save
from ..progress import print_log
from . import first_batch, sources
from .backup._backup import as_backup
from .backup.contents import build_optimizers
from .backup.resuming import resume_from
from .bad_example_callback import bad_example_callback
from .bad_examples import unwrap_user_errors
from .batches import unpack
from .building import inputs_of
from .class_weights import check_class_weight
from .distillation_steps import DistillationSteps
from .projections import as_optimizer


class BaseDistiller(DistillationSteps):
    """What Keras calls, around the steps; `compiled_container` is brought by the flavour."""

    compiled_container: Any

    def compile(
        self,
        optimizer: Any = "adam",
        *,
        metrics: Any = None,
        weighted_metrics: Any = None,
        projection_optimizer: Any = None,
        teacher_in_evaluate: bool = False,
        **options: Any,
    ) -> None:
        """Configure the training as `keras.Model.compile` does; the objective is the loss.

        Args:
            optimizer: Trains the student, and the projections without an optimizer of their own.
            metrics: Metrics of the student's probabilities, as Keras takes them; of its logits
                where they say `from_logits=True`. Masked positions and unlabelled examples count 0.
            weighted_metrics: Metrics in which the sample weights count too.
            projection_optimizer: Trains the losses' projections: an optimizer, its name, or a
                number, the learning rate of Adam.
            teacher_in_evaluate: Run the teacher in `evaluate` too, for `val_soft_targets`.
            **options: Those of `keras.Model.compile`.

        Raises:
            UserError: a loss; `jit_compile=True` with a teacher that XLA cannot compile; an
                optimizer that accumulates gradients, on several replicas.
        """
        if options.pop("loss", None) is not None or options.pop("loss_weights", None) is not None:
            raise UserError(
                "Distiller.compile takes no loss: give Distiller(objective=...), e.g. "
                "0.3 * HardLabels() + 0.7 * SoftTargets(temperature=4)."
            )
        if options.get("jit_compile") is True and not self.target_source.supports_jit:
            raise UserError(
                "this teacher cannot be compiled by XLA: write jit_compile=False, or train from "
                "stored targets."
            )
        for each in (optimizer, projection_optimizer):
            self._check_accumulation(each)
        self.metric_log.teacher_in_evaluate = teacher_in_evaluate
        self.metric_log.has_compiled_metrics = bool(metrics or weighted_metrics)
        self.projection_optimizer = as_optimizer(self.keras, projection_optimizer)
        names = tuple(getattr(self.student, "output_names", None) or ())
        read = self.metric_log.read(metrics, weighted_metrics, names)
        super().compile(optimizer=optimizer, weighted_metrics=read or None, **options)
        self.metric_log.use_container(self.compiled_container)

    def _check_accumulation(self, optimizer: Any) -> None:
        """Refuse what ends within Keras: its replicas do not meet in every step."""
        steps = getattr(optimizer, "gradient_accumulation_steps", None)
        replicas = self.distribute_strategy.num_replicas_in_sync
        if steps and replicas > 1:
            raise UserError(
                f"gradient_accumulation_steps={steps} and {replicas} replicas: Keras accumulates "
                "on one device only. Leave it out and give a larger batch, which replicas share."
            )

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        *,
        class_weight: dict[int, float] | None = None,
        callbacks: Any = None,
        backup: Any = None,
        **options: Any,
    ) -> Any:
        """Train as `keras.Model.fit` does, after a check of the first batch.

        Args:
            x: Inputs; `{"student": ..., "teacher": ...}` where the models read different ones, and
                `{"student": ..., "targets": {"logits": ...}}` where the teacher has run already.
            y: Labels, -100 for an unlabelled example; `None` for unlabelled data.
            class_weight: The weight of each class id.
            callbacks: Keras's.
            backup: A folder, or a `tfkd.Backup`: the same call goes on from the last state in it,
                and SIGTERM ends the process with exit code 75 after the next step.
            **options: Those of `keras.Model.fit`.

        Raises:
            UserError: whatever the first batch shows to be wrong; validation data of which
                `evaluate` would have nothing to report.
        """
        self._check_compiled("fit")
        with print_log(options.get("verbose", "auto")), unwrap_user_errors():
            x, batch = sources.take_first_batch(
                x, y, options.get("sample_weight"), options.get("batch_size")
            )
            if batch is not None:
                outputs = self.check_batch(batch, shapes=inputs_of(x))
                self._check_class_weight(class_weight, outputs, unpack(batch)[1])
            if class_weight != self.make_batch.class_weight:
                self.make_batch.class_weight, self.train_function = class_weight, None
            self.metric_log.trained = sources.describe_contents(batch)
            options, contents = sources.peek_validation(options, self.metric_log.trained)
            if contents is not None:
                self.metric_log.check_report(contents, teacher=self.teacher)
                self.metric_log.log_left_out(contents)
                validation = sources.rows_of_validation(options)
                if batch is not None and validation is not None:
                    first_batch.check_later(self.objective, outputs, *unpack(validation)[1:])
            self.metric_log.evaluated = contents or self.metric_log.trained
            self.projections.log_layer_maps()
            self._expect_labels(self.metric_log.trained.labels or self.metric_log.evaluated.labels)
            self._create_variables()
            if sources.is_ordered(x):
                # Keras warns that it cannot shuffle, by its own default.
                options.setdefault("shuffle", False)
            with (
                lost.raise_on_lost_worker(self.distribute_strategy),
                resume_from(as_backup(backup), self, x, options) as (options, backups),
            ):
                callbacks = [self._bad_example_callback(), *as_list(callbacks), *backups]
                return super().fit(x, y, callbacks=callbacks, **options)

    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: int | str = "auto",
        sample_weight: Any = None,
        steps: int | None = None,
        callbacks: Any = None,
        **options: Any,
    ) -> Any:
        """Evaluate as `keras.Model.evaluate` does; losses that need the teacher are left out.

        They are reported where the data hold stored targets, and after
        `compile(teacher_in_evaluate=True)`. Raises `UserError` where nothing is left to report.
        """
        self._check_compiled("evaluate")
        contents = self.metric_log.evaluated
        # `fit` brings its own callbacks, and has checked its validation data.
        if not isinstance(callbacks, self.keras.callbacks.CallbackList):
            x, contents = sources.peek_contents(x, y, sample_weight)
            self.metric_log.check_report(contents, teacher=self.teacher)
            if not self.is_checked:
                x, batch = sources.take_first_batch(x, y, sample_weight, batch_size)
                self._check_once(batch, contents, shapes=inputs_of(x))
            callbacks = [self._bad_example_callback(), *as_list(callbacks)]
            self._expect_labels(contents.labels)
        with (
            lost.raise_on_lost_worker(self.distribute_strategy),
            self.metric_log.evaluation_of(contents),
            unwrap_user_errors(),
        ):
            return super().evaluate(
                x, y, batch_size, verbose, sample_weight, steps, callbacks, **options
            )

    def _check_compiled(self, method: str) -> None:
        if getattr(self, "optimizer", None) is None:
            raise UserError(
                f'this Distiller is not compiled: write compile("adam") before {method}(...).'
            )

    def _check_once(
        self, batch: Any, contents: sources.DataContents, *, shapes: Any = None
    ) -> None:
        """Check a batch before the first evaluation, which may come before any training."""
        if batch is not None and not self.is_checked:
            needs_teacher = not self.metric_log.skipped_losses(contents.targets)
            self.check_batch(batch, shapes=shapes, with_teacher=needs_teacher)

    def _check_class_weight(self, class_weight: Any, outputs: Any, labels: Any) -> None:
        if class_weight is not None and "logits" not in outputs:
            raise UserError(
                "class_weight does not say which head its classes are of: leave it out, or weigh "
                "the losses of a head, 2.0 * ForHead(...)."
            )
        logits = outputs.get("logits")
        check_class_weight(class_weight, self.objective.label_form, logits=logits, labels=labels)

    def _create_variables(self) -> None:
        """Create the optimizers' state and the metrics' sums before the first step.

        A step that creates variables in its first trace is traced twice by TensorFlow.
        """
        if not self.student.built or getattr(self, "optimizer", None) is None:
            return
        with self.distribute_strategy.scope():
            build_optimizers(self)
            # On several replicas only a step may update a metric.
            if self.metric_log.trained.labels and not tf.distribute.in_cross_replica_context():
                self.make_metrics()

    def _bad_example_callback(self) -> Any:
        every = workers.steps_between_checks(self.distribute_strategy)
        return bad_example_callback(self.keras, self.bad_examples, every)

    def _expect_labels(self, labelled: bool) -> None:
        log = self.metric_log
        if labelled and log.has_compiled_metrics and not log.compiled_metrics:
            # Metrics are made with the first labels, in the first trace of a step only.
            self.train_function = self.test_function = None

    def train_on_batch(self, *args: Any, **options: Any) -> Any:
        """Train on one batch as `keras.Model.train_on_batch` does."""
        self._check_compiled("train_on_batch")
        logs = super().train_on_batch(*args, **options)
        self.bad_examples.raise_if_any("in train_on_batch")
        return logs

    def test_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, **options: Any
    ) -> Any:
        """Evaluate one batch as `keras.Model.test_on_batch` does."""
        self._check_compiled("test_on_batch")
        _, contents = sources.peek_contents(x, y, sample_weight)
        self.metric_log.check_report(contents, teacher=self.teacher)
        self._check_once((x, y, sample_weight), contents)
        logs = super().test_on_batch(x, y, sample_weight, **options)
        self.bad_examples.raise_if_any("in test_on_batch")
        return logs

    @property
    def metrics(self) -> list:
        """The student's metrics and one mean per loss."""
        return self.metric_log.metrics

    def get_metrics_result(self) -> dict[str, Any]:
        """Return all reported numbers; `loss` is the weighted sum of the other losses."""
        return self.metric_log.known_results()

    def make_metrics(self) -> None:
        """Make the compiled metrics now, which Keras makes with the first labels they meet."""
        if self.metric_log.build():
            self.reset_metrics()

    def save(self, filepath: Any, overwrite: bool = True, **options: Any) -> Any:
        """Save the student alone; it loads without tfkd."""
        with quiet_save():
            return self.student.save(filepath, overwrite=overwrite, **options)

    def export(self, *args: Any, **options: Any) -> Any:
        """Export the student by its own `export`."""
        return self.student.export(*args, **options)

    def summary(self, *args: Any, **options: Any) -> Any:
        """Print the student's `summary`."""
        return self.student.summary(*args, **options)


def as_list(value: Any) -> list:
    """Take one value, some values or `None` as a list."""
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple)) else [value]
