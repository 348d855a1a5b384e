"""A training for TensorBoard: its numbers, and how far student and teacher agree on texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..data import Schema
from ..errors import UserError
from ..models.outputs import as_outputs
from ..reporting.scoring import stored_run
from ..tasks import Arrays, Task

if TYPE_CHECKING:
    from ..training.distiller import Distiller

TEXTS = 64  # on which student and teacher are compared
SHOWN = 10  # of them in words
_STEPS = 20  # between two numbers of a curve


@dataclass(frozen=True)
class Samples:
    """Examples on which a student is compared with its teacher.

    Attributes:
        task: What the answers are.
        schema: What the training split fixed.
        texts: The examples in words.
        rows: The rows of each example, as the student reads them.
        inputs: All rows as one batch: padded ids, or a dict of inputs.
        teacher: The teacher's answers.
    """

    task: Task
    schema: Schema
    texts: list[str]
    rows: list[list[Arrays]]
    inputs: Any
    teacher: list[Any]

    def answer(self, outputs: Mapping[str, Any]) -> list[Any]:
        """Return the answers for a student's outputs for `inputs`, by name."""
        arrays = {name: np.asarray(outputs[name]) for name in self.task.outputs}
        return self.task.answers(stored_run(arrays), self.rows, self.schema)


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
    teacher's answer, and a table of some of them.

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
            outputs = as_outputs(distiller.student(samples.inputs, training=False), whose="student")
            student = samples.answer(outputs)
            self._write({f"epoch/{name}": value for name, value in (logs or {}).items()})
            self._write(_compare_with_teacher(distiller, samples, student))
            with writer.as_default(step=int(distiller.optimizer.iterations.numpy())):
                tf.summary.text("texts", _format_table(samples, student))
            writer.flush()

    return Board()


def _compare_with_teacher(
    distiller: Distiller, samples: Samples, student: list[Any]
) -> dict[str, float]:
    """Return the numbers of an epoch that Keras does not report."""
    norms = {
        f"projections/{weight.name}": float(np.linalg.norm(np.asarray(weight)))
        for weight in distiller.projection_variables
    }
    agreement = float(np.mean(samples.task.same(student, samples.teacher)))
    rate = float(np.asarray(distiller.optimizer.learning_rate))
    return {"agreement_with_teacher": agreement, "learning_rate": rate, **norms}


def _format_table(samples: Samples, student: list[Any]) -> str:
    """Return the first texts as Markdown, with the answers that both models give."""
    lines = ["| text | teacher | student |", "| --- | --- | --- |"]
    for text, *answers in zip(samples.texts[:SHOWN], samples.teacher, student, strict=False):
        cells = [text[:200], *map(samples.task.summary, answers)]
        lines.append(f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |")
    return "\n".join(lines)
