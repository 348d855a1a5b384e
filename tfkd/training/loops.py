"""What runs the steps of a `Distiller`: Keras's own loops, with what is checked around them."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from ..distribution import lost, workers
from ..progress import print_log
from . import bad_targets, first_batch, projections, sources
from .backup import contents
from .backup._backup import as_backup
from .backup.resuming import resumed
from .logs import Logs


class Loops(Logs):
    """`fit`, `evaluate` and their steps by hand; a subclass brings the steps."""

    _bad_targets: bad_targets.BadTargets
    _class_weight: dict | None = None
    layer_maps: Any

    def fit(
        self,
        x=None,
        y=None,
        *,
        class_weight=None,
        callbacks=None,
        backup=None,
        **options,
    ):
        """As `keras.Model.fit`; the first batch is checked before anything is trained.

        `y=None` is unlabelled data, label -100 an unlabelled example. `x` may be a dict of
        `{"student": ..., "teacher": ...}` where the models read different inputs, and
        `{"student": ..., "targets": {"logits": ...}}` where the teacher has run already.
        `backup` is a folder, or a `tfkd.Backup`: the same call goes on from the last state in it,
        and SIGTERM ends the process with exit code 75 after the next step. It says so where
        `verbose` is not 0, and in the log of the name "tfkd".
        Raises `UserError` for validation data of which `evaluate` would have nothing to report.
        """
        x, self._trained = first_batch.before_fit(
            self, x, y, options.get("sample_weight"), options.get("batch_size")
        )
        if options.get("verbose", "auto"):
            projections.say(self.layer_maps)
        options, self._evaluated = first_batch.before_validation(self, options, self._trained)
        if class_weight != self._class_weight:
            self._class_weight, self.train_function = class_weight, None
        self._expect_labels(self._trained.labels or self._evaluated.labels)
        self._create_variables()
        if sources.has_its_order(x):
            options.setdefault("shuffle", False)  # Keras warns that it cannot, by its own default
        with (
            print_log(options.get("verbose", "auto")),
            lost.noticed(self.distribute_strategy),
            bad_targets.said_in_pipeline(),
            resumed(self, as_backup(backup), x, options) as (options, keeper),
        ):
            every = [self._stopper(), *as_list(callbacks), *keeper]
            return super().fit(x, y, callbacks=every, **options)

    def evaluate(
        self,
        x=None,
        y=None,
        batch_size=None,
        verbose="auto",
        sample_weight=None,
        steps=None,
        callbacks=None,
        **options,
    ):
        """As `keras.Model.evaluate`. The teacher does not run, and terms that need it are left out.

        They are reported where the data hold stored targets, and under
        `compile(teacher_in_evaluate=True)`. Raises `UserError` where nothing is left to report.
        """
        holds = self._evaluated
        if not isinstance(callbacks, self.keras.callbacks.CallbackList):  # which is fit's
            x, holds = first_batch.before_evaluate(self, x, y, sample_weight)
            callbacks = [self._stopper(), *as_list(callbacks)]
            self._expect_labels(holds.labels)
        with (
            lost.noticed(self.distribute_strategy),
            self.evaluating(holds),
            bad_targets.said_in_pipeline(),
        ):
            return super().evaluate(
                x, y, batch_size, verbose, sample_weight, steps, callbacks, **options
            )

    def train_on_batch(self, *args, **options):
        """As `keras.Model.train_on_batch`."""
        logs = super().train_on_batch(*args, **options)
        self._bad_targets.stop("in train_on_batch")
        return logs

    def test_on_batch(self, x, y=None, sample_weight=None, **options):
        """As `keras.Model.test_on_batch`."""
        first_batch.before_evaluate(self, x, y, sample_weight)
        logs = super().test_on_batch(x, y, sample_weight, **options)
        self._bad_targets.stop("in test_on_batch")
        return logs

    def _expect_labels(self, labels: bool) -> None:
        if labels and self.has_metrics and not self._compiled():
            # Metrics are made with the first labels, in the first trace of a step only.
            self.train_function = self.test_function = None

    def _create_variables(self) -> None:
        """Create the optimizers' state and the metrics' sums before the first step.

        A step that creates variables in its first trace is traced twice by TensorFlow.
        """
        if not self.student.built or getattr(self, "optimizer", None) is None:
            return
        with self.distribute_strategy.scope():
            contents.build_optimizers(self)
            # On several replicas only a step may update a metric.
            if self._trained.labels and not tf.distribute.in_cross_replica_context():
                self.make_metrics()

    def _stopper(self):
        return bad_targets.stopper(
            self.keras, self._bad_targets, workers.between(self.distribute_strategy)
        )


def as_list(value) -> list:
    """A list of what was given: one, several or none."""
    return list(value) if isinstance(value, (list, tuple)) else [] if value is None else [value]
