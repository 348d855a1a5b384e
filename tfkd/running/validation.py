"""The validation set of a training, and how an epoch is scored on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..data import Data
from ..data.encoded import Encoded
from ..data.feeding import Feed
from ..models.array_model import model_of
from ..tasks import Task, name_metrics
from ..text import Encoder
from .best_epoch import EarlyStopping

_BATCH = 256  # examples
WRITTEN = 200
"""Validation examples for which a model writes after each epoch, of a task that writes."""


@dataclass(frozen=True)
class ValidationSet:
    """The validation split of a data set, as a student reads it.

    Attributes:
        task: What its examples are.
        data: The data set.
        encoder: The student's tokenizer.
        encoded: The token ids and labels of the split; there may be none.
    """

    task: Task
    data: Data
    encoder: Encoder
    encoded: Encoded

    def feed(self, batch_size: int = _BATCH) -> Feed | None:
        """Return the batches to evaluate on after each epoch; None where there are none."""
        return Feed(self.encoded, batch_size, 0) if len(self.encoded) else None

    def stop_early(self, patience: int) -> EarlyStopping | None:
        """Return when to stop by the task's measure of epochs; None trains all epochs.

        Args:
            patience: Epochs without a better score; 0 for no stopping.
        """
        if not patience or not len(self.encoded):
            return None
        if not any(map(self.task.is_labelled, self.data.read("validation"))):
            return EarlyStopping(patience, "loss", higher_is_better=False)
        name, measure = self._name, self.task.measures[self._name]
        reported = set(name_metrics(self.task.metrics()))
        return EarlyStopping(
            patience,
            name,
            higher_is_better=measure.higher_is_better,
            score=None if name in reported else self.score,
        )

    @property
    def _name(self) -> str:
        """The measure that tells the best epoch: by default the headline."""
        return self.task.epochs_by or next(iter(self.task.measures))

    def measure(self, student: Any) -> float | None:
        """Return `score`, or None where no validation example has a label."""
        if not any(map(self.task.is_labelled, self.data.read("validation"))):
            return None
        return self.score(student)

    def score(self, student: Any) -> float:
        """Return that measure of a Keras model on all validation examples.

        Of a task that writes, on 200 of them, drawn evenly, and decoded the fastest way.
        """
        task, encoded, schema = self.task, self.encoded, self.data.schema
        shapes, student = task.output_shapes(schema), task.served_model(student)
        kind = model_of(self.encoder)
        model = kind(student, self.encoder, schema.labels, "student", shapes=shapes)
        rows, examples = encoded.rows_by_example(), list(self.data.read("validation"))
        if task.writes:
            known = [i for i, each in enumerate(examples) if task.is_labelled(each)]
            some = known[:: -(-len(known) // WRITTEN)]
            rows, examples = [rows[i] for i in some], [examples[i] for i in some]
            schema = task.quick_schema(schema)
        if not task.tunes:
            return task.score(task.ask(model, rows, schema), examples)[self._name]
        outputs = model.run([row for example in rows for row in example])
        answers = task.answers(lambda _: outputs, rows, schema)
        # By thresholds of its own, as it is used later: rare labels are below 0.5 for long.
        schema = task.tune(answers, examples, schema)
        answers = task.answers(lambda _: outputs, rows, schema)
        return task.score(answers, examples)[self._name]
