"""The numbers that a `Distiller` reports."""

from __future__ import annotations

import contextlib
import itertools
from typing import TYPE_CHECKING, Any

import tensorflow as tf

from ..losses.schedules import is_schedule, value_at
from ..models.outputs import raw_logits
from . import batches
from .sources import Contents

if TYPE_CHECKING:
    from keras import Model  # or tf_keras's: nothing else is used here than what both have
else:
    Model = object


class Logs(Model):
    """The means of the objective's terms, and the metrics given to `compile`.

    A step reports what it computed. Keras asks once more outside of the steps, where only what
    is known of the data says which numbers those were.
    """

    keras: Any
    objective: Any
    compiled_container: Any
    metrics_in: Any
    has_metrics = False
    _compiled_weighted: Any = None
    _meet_labels: Any = None
    _teacher_in_evaluate = _evaluating = False
    _trained = _evaluated = Contents()

    def _make_means(self) -> None:
        mean = self.keras.metrics.Mean
        self._parts = {name: mean(name=name) for name, _, _ in self.objective.named()}
        scheduled = self.objective.scheduled()
        self._moving = {name: mean(name=name) for name in scheduled}
        weighted = [n for n, weight, _ in self.objective.named() if is_schedule(weight)]
        self._weighted = {name: mean(name=f"weighted_{name}") for name in weighted}
        # By its name and place `evaluate` without `return_dict` puts the loss first, as in Keras.
        self._regularisation = mean(name="loss")

    @contextlib.contextmanager
    def evaluating(self, holds: Contents):
        """What is asked for in here is of an evaluation of such data."""
        before = self._evaluating, self._evaluated
        self._evaluating, self._evaluated = True, holds
        try:
            yield
        finally:
            self._evaluating, self._evaluated = before

    def skipped(self, targets) -> tuple[str, ...]:
        """The terms that an evaluation leaves out, by the names of the stored targets or `None`."""
        known = self._teacher_in_evaluate
        if targets is not None:
            known = set(self.objective.reads) <= set(targets)
        needing = [n for n, _, loss in self.objective.named() if "teacher" in loss.needs]
        return () if known else tuple(needing)

    def _containers(self) -> list:
        found = (self.compiled_container, self._compiled_weighted)
        return [container for container in found if container is not None]

    def _compiled(self) -> list:
        return list(itertools.chain(*map(self.metrics_in, self._containers())))

    @property
    def metrics(self):
        """The student's metrics and one mean per loss."""
        own = (*self._parts.values(), *self._moving.values(), *self._weighted.values())
        return [self._regularisation, *self._compiled(), *own]

    def get_metrics_result(self):
        """All reported numbers; `loss` is the weighted sum of the parts beside it."""
        holds = self._evaluated if self._evaluating else self._trained
        skip = self.skipped(holds.targets) if self._evaluating else ()
        return self._results([name for name in self._parts if name not in skip], holds.labels)

    def _results(self, terms, labelled: bool) -> dict:
        results: dict[str, Any] = {}
        for metric in [*(self._compiled() if labelled else []), *map(self._parts.get, terms)]:
            result = metric.result()
            results.update(result if isinstance(result, dict) else {metric.name: result})
        if not terms:
            return results
        weights = {name: weight for name, weight, _ in self.objective.named()}
        parts = [
            self._weighted[name].result()
            if name in self._weighted
            else weights[name] * results[name]
            for name in terms
        ]
        if not self._evaluating:
            results |= {name: mean.result() for name, mean in self._moving.items()}
        return {"loss": tf.add_n(parts) + self._regularisation.result(), **results}

    def _log(self, terms, penalty, value, student, batch, weight, step) -> dict:
        scales = {name: scale for name, scale, _ in self.objective.named()}
        for name, (values, counts) in terms.items():
            self._parts[name].update_state(values, sample_weight=counts * weight)
        for name, mean in self._weighted.items():
            if name in terms:
                values, counts = terms[name]
                scale = value_at(scales[name], step)
                mean.update_state(scale * values, sample_weight=counts * weight)
        for name, schedule in self.objective.scheduled().items():
            self._moving[name].update_state(schedule(step))
        examples = tf.cast(tf.shape(weight)[0], tf.float32)
        self._regularisation.update_state(penalty, sample_weight=examples)
        labelled = batch.labels is not None
        if labelled:
            self._update_metrics(value, *batches.for_metrics(batch, weight, student["logits"]))
        return self._results(list(terms), labelled)

    def remember(self, value, student, batch, weight) -> None:
        """Keep one labelled example, to make metrics by before there is a step."""
        if batch.labels is not None:
            given = (value, *batches.for_metrics(batch, weight, student["logits"]))
            one = batches.each(lambda tensor: tensor[:1], given)
            self._meet_labels = lambda: self._update_metrics(*one)

    def make_metrics(self) -> None:
        """Make the compiled metrics now, which else are made with the first labels they meet."""
        if self._meet_labels and not all(each.built for each in self._containers()):
            self._meet_labels()
            self.reset_metrics()

    def _step(self):
        """How many updates there have been, where a number changes with them."""
        if not self._moving:
            return 0
        return tf.cast(tf.convert_to_tensor(self.optimizer.iterations), tf.float32)

    def _update_metrics(self, value, labels, valid, weighted):
        if len(tf.nest.flatten(value)) > 1:  # labels are of the logits, not of hidden states
            value = raw_logits(value)
        if self.compiled_container is not None:
            self.compiled_container.update_state(labels, value, valid)
        if self._compiled_weighted is not None:
            self._compiled_weighted.update_state(labels, value, weighted)
