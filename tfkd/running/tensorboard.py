"""A training for TensorBoard: its numbers, and how far student and teacher agree on texts."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from ..errors import UserError
from ..models.outputs import as_outputs
from ..tasks.text_classification.scores import probabilities

EVERY = 20  # steps between two numbers of a curve
TEXTS = 64  # that student and teacher are compared on
SHOWN = 10  # of them in words


@dataclass(frozen=True)
class Samples:
    """Texts to learn from: ids `[texts, tokens]`, words, the teacher's logits, class names."""

    ids: np.ndarray
    texts: list[str]
    teacher: np.ndarray
    labels: tuple[str, ...]


def check_board() -> None:
    """Refuse where TensorBoard, which writes the files too, is not installed."""
    if find_spec("tensorboard") is None:
        raise UserError('--tensorboard needs TensorBoard: pip install "tfkd[tensorboard]".')


def board(distiller, folder: Path, samples: Samples):
    """A callback that writes to `folder`: every 20 steps the loss, its terms, weights and
    temperatures; behind each epoch the validation, the learning rate, the norms of projections,
    the share of `samples` that get the teacher's class, and a table of some of them.
    """
    import tensorflow as tf

    writer = tf.summary.create_file_writer(str(folder))

    class Board(distiller.keras.callbacks.Callback):
        def _write(self, numbers: dict) -> None:
            with writer.as_default(step=int(distiller.optimizer.iterations.numpy())):
                for name, value in numbers.items():
                    tf.summary.scalar(name, float(value))

        def on_train_batch_end(self, batch, logs=None):
            if batch % EVERY == 0:
                self._write(logs or {})

        def on_epoch_end(self, epoch, logs=None):
            student = _logits(distiller.student, samples.ids)
            self._write({f"epoch/{name}": value for name, value in (logs or {}).items()})
            self._write(_further(distiller, student, samples.teacher))
            with writer.as_default(step=int(distiller.optimizer.iterations.numpy())):
                tf.summary.text("texts", _table(samples, student))
            writer.flush()

    return Board()


def _logits(student, ids: np.ndarray) -> np.ndarray:
    return np.asarray(as_outputs(student(ids, training=False), whose="student")["logits"])


def _further(distiller, student: np.ndarray, teacher: np.ndarray) -> dict[str, float]:
    """Beside what Keras reports."""
    norms = {
        f"projections/{weight.name}": float(np.linalg.norm(np.asarray(weight)))
        for weight in distiller.projection_variables
    }
    agreement = float(np.mean(student.argmax(1) == teacher.argmax(1)))
    rate = float(np.asarray(distiller.optimizer.learning_rate))
    return {"agreement_with_teacher": agreement, "learning_rate": rate, **norms}


def _table(samples: Samples, student: np.ndarray) -> str:
    """Markdown: the first texts with the class and the probability that each of both gives.

    >>> samples = Samples(np.zeros((1, 2)), ["so | so"], np.array([[0.0, 9.0]]), ("bad", "good"))
    >>> print(_table(samples, np.array([[9.0, 0.0]])).splitlines()[-1])
    | so / so | good 1.000 | bad 1.000 |
    """
    lines = ["| text | teacher | student |", "| --- | --- | --- |"]
    said = _said(samples.labels)
    for text, theirs, ours in zip(samples.texts[:SHOWN], samples.teacher, student, strict=False):
        lines.append(f"| {text[:200].replace('|', '/')} | {said(theirs)} | {said(ours)} |")
    return "\n".join(lines)


def _said(labels: tuple[str, ...]):
    def said(logits: np.ndarray) -> str:
        likely = probabilities(logits)
        return f"{labels[int(likely.argmax())]} {likely.max():.3f}"

    return said
