"""The numbers that a `Distiller` reports."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import tensorflow as tf

from ..errors import UserError
from ..losses._base import Objective
from ..losses._batch import Batch, Outputs
from ..losses._heads import batch_of, name_in_head
from ..losses.schedules import is_schedule, value_at
from ..progress import logger
from . import first_batch
from .batches import map_arrays, metric_inputs
from .compiled_metrics import metrics_by_head, read_metrics, rename_twins, set_name
from .sources import DataContents


class MetricLog:
    """A mean of each loss, the numbers that change with the step, and the compiled metrics.

    A plain object: the `Distiller` hands its metrics to Keras. A step reports what it computed.
    Keras asks again outside of the steps, where only the contents of the data say which numbers
    those were: `trained` is what `fit` got, `evaluated` its validation data, or what `evaluate`
    got.
    """

    def __init__(self, keras: Any, objective: Objective, metrics_in: Callable[[Any], list]) -> None:
        def make_means(names: Any, prefix: str = "") -> dict[str, Any]:
            return {name: keras.metrics.Mean(name=f"{prefix}{name}") for name in names}

        terms = objective.named()
        self._schedules = objective.scheduled()
        self._weights = {name: weight for name, weight, _ in terms}
        self._losses = make_means(self._weights)
        self._scheduled = make_means(self._schedules)
        # A loss times a weight that changes has a mean of its own.
        changing = (name for name, weight, _ in terms if is_schedule(weight))
        self._weighted = make_means(changing, prefix="weighted_")
        # By its name and place `evaluate` without `return_dict` puts the loss first, as in Keras.
        self._regularization = keras.metrics.Mean(name="loss")
        self.trained = self.evaluated = DataContents()
        self.has_compiled_metrics = self.teacher_in_evaluate = self._is_evaluating = False
        # A caller that shows other numbers alone need not be told what this one lacks.
        self.shows_val_loss = True
        self._objective, self._metrics_in = objective, metrics_in
        self._containers: list[tuple[str, Any, bool]] = []
        self._keras = keras
        # Of each head those that count positions, and those that weigh them.
        self._heads = objective.by_head()
        self._read_metrics: dict[str, tuple[list, list]] = {}
        self._examples: dict[str, tuple] = {}

    @property
    def has_schedules(self) -> bool:
        """Whether a weight or a temperature changes with the step."""
        return bool(self._schedules)

    def read(self, metrics: Any, weighted_metrics: Any, outputs: tuple[str, ...]) -> list:
        """Take the metrics given to `compile`; return what Keras is to make a container of."""
        by_head = [metrics_by_head(some, self._heads) for some in (metrics, weighted_metrics)]
        for head, objective in self._heads.items():
            form = objective.label_form or "multiclass"
            plain, weighted = (
                read_metrics(self._keras, some[head], form=form, outputs=outputs, weighted=weighs)
                for some, weighs in zip(by_head, (False, True), strict=True)
            )
            rename_twins(plain, weighted)
            for metric in (*plain, *weighted) if head else ():
                set_name(metric, f"{head}_{metric.name}")
            self._read_metrics[head] = plain, weighted
        return next((some for both in self._read_metrics.values() for some in both if some), [])

    def use_container(self, container: Any) -> None:
        """Take Keras's container of what `read` returned, and make one of the rest."""
        # Keras's own container takes all metrics for weighted ones: its weights are our masks.
        self._containers = []
        for head, both in self._read_metrics.items():
            for some, weighs in zip(both, (False, True), strict=True):
                if some:
                    own = type(container)(None, some) if self._containers else container
                    self._containers.append((head, own, weighs))

    @property
    def compiled_metrics(self) -> list:
        """The metrics given to `compile`, once Keras has made them."""
        return list(itertools.chain(*(self._metrics_in(one) for _, one, _ in self._containers)))

    @property
    def metrics(self) -> list:
        """The mean that becomes `loss`, the compiled metrics, and the means of the losses."""
        own = (*self._losses.values(), *self._scheduled.values(), *self._weighted.values())
        return [self._regularization, *self.compiled_metrics, *own]

    def add_losses(
        self,
        losses_by_name: dict[str, tuple[tf.Tensor, tf.Tensor]],
        regularization_loss: tf.Tensor,
        example_weight: tf.Tensor,
        *,
        step: Any,
    ) -> None:
        """Add the losses of a batch, each `(value, count)` of `[batch]`, to their means."""
        for name, (values, counts) in losses_by_name.items():
            weights = counts * example_weight
            self._losses[name].update_state(values, sample_weight=weights)
            if name in self._weighted:
                scale = value_at(self._weights[name], step)
                self._weighted[name].update_state(scale * values, sample_weight=weights)
        for name, schedule in self._schedules.items():
            self._scheduled[name].update_state(schedule(step))
        examples = tf.cast(tf.shape(example_weight)[0], tf.float32)
        self._regularization.update_state(regularization_loss, sample_weight=examples)

    def add_predictions(self, student: Outputs, batch: Batch, example_weight: tf.Tensor) -> None:
        """Update the compiled metrics with a labelled batch; an unlabelled one adds nothing."""
        for head, logits, own in self._labelled_heads(student, batch):
            self._update(head, logits, *metric_inputs(own, example_weight, logits))

    def _labelled_heads(
        self, student: Outputs, batch: Batch
    ) -> Iterator[tuple[str, tf.Tensor, Batch]]:
        for head in self._heads:
            own = batch_of(head, batch)
            if own.labels is not None:
                yield head, student[name_in_head(head, "logits")], own

    def check(self, student: Outputs, batch: Batch, example_weight: tf.Tensor) -> None:
        """Try the metrics on a labelled batch; keep an example to make them before any step.

        Raises:
            UserError: A metric that fails on it, or logits of which nobody says what they are.
        """
        for head, logits, own in self._labelled_heads(student, batch):
            labels, is_valid, weights = metric_inputs(own, example_weight, logits)
            both = self._read_metrics.get(head, ([], []))
            for metrics, counts in zip(both, (is_valid, weights), strict=True):
                self._check_form(metrics, logits, labels, self._heads[head].label_form)
                for metric in metrics:
                    metric.check(labels, logits, counts)
            values = (logits, labels, is_valid, weights)
            self._examples[head] = map_arrays(lambda tensor: tensor[:1], values)

    def _check_form(
        self, metrics: list, logits: tf.Tensor, labels: tf.Tensor, form: str | None
    ) -> None:
        alike = logits.shape[-1] == 1 or labels.shape == logits.shape
        if metrics and alike and form is None:
            raise UserError(
                f"the metric {metrics[0].name!r} reads probabilities, and no loss says what logits "
                f"of shape {logits.shape} are: add 0 * HardLabels(form=...) to the objective."
            )

    def build(self) -> bool:
        """Make the compiled metrics, which Keras makes with the first labels; say whether it did.

        Their sums then hold the kept example: reset them.
        """
        if not self._examples or all(one.built for _, one, _ in self._containers):
            return False
        for head, example in self._examples.items():
            self._update(head, *example)
        return True

    def _update(
        self,
        head: str,
        logits: tf.Tensor,
        labels: tf.Tensor,
        is_valid: tf.Tensor,
        weights: tf.Tensor,
    ) -> None:
        for of, container, weighs in self._containers:
            if of == head:
                container.update_state(labels, logits, weights if weighs else is_valid)

    @contextmanager
    def evaluation_of(self, contents: DataContents) -> Iterator[None]:
        """Report metrics as an evaluation of `contents` inside this block."""
        before = self._is_evaluating, self.evaluated
        self._is_evaluating, self.evaluated = True, contents
        try:
            yield
        finally:
            self._is_evaluating, self.evaluated = before

    def skipped_losses(self, targets: Collection[str] | None) -> list[str]:
        """Name the losses that an evaluation leaves out; `targets` are the stored ones, if any."""
        if targets is None:
            has_targets = self.teacher_in_evaluate
        else:
            has_targets = set(self._objective.reads) <= set(targets)
        return [] if has_targets else first_batch.losses_that_need("teacher", self._objective)

    def check_report(self, contents: DataContents, *, teacher: Any) -> None:
        """Raise `UserError` if an evaluation of such data would report nothing."""
        skipped = self.skipped_losses(contents.targets)
        if self._objective.reads and not skipped and contents.targets is None:
            first_batch.check_teacher(teacher, self._objective)
        first_batch.check_labels(self._objective, labelled=contents.labels)
        has_metrics = self.has_compiled_metrics
        if set(self._losses) - set(skipped) or (contents.labels and has_metrics):
            return
        why = "the data have no labels" if has_metrics else "no metrics are compiled"
        cure = "evaluate labelled data" if has_metrics else 'compile(metrics=["accuracy"])'
        raise UserError(
            f"evaluate has nothing to report: {', '.join(skipped)} needs the teacher, which does "
            f"not run there, and {why}: {cure}, or compile(teacher_in_evaluate=True)."
        )

    def log_left_out(self, contents: DataContents) -> None:
        """Log that `val_loss` lacks terms that `loss` has."""
        skipped = self.skipped_losses(contents.targets)
        if self.shows_val_loss and skipped and len(skipped) < len(self._losses):
            logger.info(
                f"val_loss is without {', '.join(skipped)}, for which the teacher would have to "
                "run: do not compare it with loss, or compile(teacher_in_evaluate=True)"
            )

    def known_results(self) -> dict[str, Any]:
        """Return the numbers of what Keras is doing, by the contents of its data."""
        contents = self.evaluated if self._is_evaluating else self.trained
        skipped = self.skipped_losses(contents.targets) if self._is_evaluating else []
        names = [name for name in self._losses if name not in skipped]
        return self.results(names, labelled=contents.labels)

    def results(self, names: Iterable[str], *, labelled: bool) -> dict[str, Any]:
        """Return the means of the named losses, and `loss`, their weighted sum.

        The compiled metrics are among them for labelled data, and in training the numbers that
        change with the step.
        """
        numbers: dict[str, Any] = {}
        for metric in self.compiled_metrics if labelled else []:
            value = metric.result()
            numbers.update(value if isinstance(value, dict) else {metric.name: value})
        losses = {name: self._losses[name].result() for name in names}
        numbers |= losses
        if not losses:
            return numbers
        parts = [
            self._weighted[name].result() if name in self._weighted else self._weights[name] * loss
            for name, loss in losses.items()
        ]
        if not self._is_evaluating:
            numbers |= {name: mean.result() for name, mean in self._scheduled.items()}
        return {"loss": tf.add_n(parts) + self._regularization.result(), **numbers}
