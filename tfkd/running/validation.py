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
        """Return when to stop by the headline of the task; None trains all epochs.

        Args:
            patience: Epochs without a better score; 0 for no stopping.
        """
        if not patience or not len(self.encoded):
            return None
        if not any(map(self.task.is_labelled, self.data.read("validation"))):
            return EarlyStopping(patience, "loss", higher_is_better=False)
        name, measure = next(iter(self.task.measures.items()))
        reported = set(name_metrics(self.task.metrics()))
        return EarlyStopping(
            patience,
            name,
            higher_is_better=measure.higher_is_better,
            score=None if name in reported else self.score,
        )

    def score(self, student: Any) -> float:
        """Return the headline of a Keras model on all validation examples."""
        task, encoded, schema = self.task, self.encoded, self.data.schema
        shapes, student = task.output_shapes(schema), task.served_model(student)
        kind = model_of(self.encoder)
        model = kind(student, self.encoder, schema.labels, "student", shapes=shapes)
        rows, examples = encoded.rows_by_example(), list(self.data.read("validation"))
        if not task.tunes:
            return task.score(task.ask(model, rows, schema), examples)[next(iter(task.measures))]
        outputs = model.run([row for example in rows for row in example])
        answers = task.answers(lambda _: outputs, rows, schema)
        # By thresholds of its own, as it is used later: rare labels are below 0.5 for long.
        schema = task.tune(answers, examples, schema)
        answers = task.answers(lambda _: outputs, rows, schema)
        return task.score(answers, examples)[next(iter(task.measures))]
