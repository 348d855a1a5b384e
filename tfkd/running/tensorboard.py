"""A training for TensorBoard: its numbers, and how far student and teacher agree on texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import UserError
from ..models.outputs import as_outputs
from ..tasks.text_classification.scores import probabilities

if TYPE_CHECKING:
    from ..training.distiller import Distiller

TEXTS = 64  # on which student and teacher are compared
SHOWN = 10  # of them in words
_STEPS = 20  # between two numbers of a curve


@dataclass(frozen=True)
class Samples:
    """Texts on which a student is compared with its teacher.

    Attributes:
        ids: The student's token ids, `[texts, tokens]`.
        texts: The texts in words.
        teacher: The teacher's logits, `[texts, classes]`.
        labels: The names of the classes.
    """

    ids: np.ndarray
    texts: list[str]
    teacher: np.ndarray
    labels: tuple[str, ...]


def check_tensorboard() -> None:
    """Refuse to write for TensorBoard where it is not installed, since it writes the files too.

    Raises:
        UserError: It is not installed.
    """
    if find_spec("tensorboard") is None:
        raise UserError('--tensorboard needs TensorBoard: pip install "tfkd[tensorboard]".')


def tensorboard_callback(distiller: Distiller, folder: Path, samples: Samples) -> Any:
    """Make a callback that writes to `folder` for TensorBoard.

    Every 20 steps it writes the loss, its terms, weights and temperatures; after each epoch the
    validation, the learning rate, the norms of projections, the share of `samples` that get the
    teacher's class, and a table of some of them.

    Args:
        distiller: The distiller that is trained.
        folder: Where the event files go.
        samples: Texts on which student and teacher are compared.
    """
    import tensorflow as tf

    writer = tf.summary.create_file_writer(str(folder))

    base: Any = distiller.keras.callbacks.Callback

    class Board(base):
        def _write(self, numbers: Mapping[str, Any]) -> None:
            with writer.as_default(step=int(distiller.optimizer.iterations.numpy())):
                for name, value in numbers.items():
                    tf.summary.scalar(name, float(value))

        def on_train_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
            if batch % _STEPS == 0:
                self._write(logs or {})

        def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
            outputs = as_outputs(distiller.student(samples.ids, training=False), whose="student")
            student = np.asarray(outputs["logits"])
            self._write({f"epoch/{name}": value for name, value in (logs or {}).items()})
            self._write(_compare_with_teacher(distiller, student, samples.teacher))
            with writer.as_default(step=int(distiller.optimizer.iterations.numpy())):
                tf.summary.text("texts", _format_table(samples, student))
            writer.flush()

    return Board()


def _compare_with_teacher(
    distiller: Distiller, student: np.ndarray, teacher: np.ndarray
) -> dict[str, float]:
    """Return the numbers of an epoch that Keras does not report."""
    norms = {
        f"projections/{weight.name}": float(np.linalg.norm(np.asarray(weight)))
        for weight in distiller.projection_variables
    }
    agreement = float(np.mean(student.argmax(1) == teacher.argmax(1)))
    rate = float(np.asarray(distiller.optimizer.learning_rate))
    return {"agreement_with_teacher": agreement, "learning_rate": rate, **norms}


def _format_table(samples: Samples, student: np.ndarray) -> str:
    """Return the first texts as Markdown, with the class and probability that both models give.

    >>> samples = Samples(np.zeros((1, 2)), ["so | so"], np.array([[0.0, 9.0]]), ("bad", "good"))
    >>> print(_format_table(samples, np.array([[9.0, 0.0]])).splitlines()[-1])
    | so / so | good 1.000 | bad 1.000 |
    """

    def format_answer(logits: np.ndarray) -> str:
        likely = probabilities(logits)
        return f"{samples.labels[int(likely.argmax())]} {likely.max():.3f}"

    lines = ["| text | teacher | student |", "| --- | --- | --- |"]
    for text, *answers in zip(samples.texts[:SHOWN], samples.teacher, student, strict=False):
        teacher_answer, student_answer = map(format_answer, answers)
        plain = text[:200].replace("|", "/")
        lines.append(f"| {plain} | {teacher_answer} | {student_answer} |")
    return "\n".join(lines)
