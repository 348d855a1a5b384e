"""Classify texts with an exported file: NumPy, tokenizers and LiteRT, no TensorFlow."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from .. import tasks
from ..errors import UserError
from .predictor import Predictor, Value


class Classifier(Predictor):
    """A text classifier from one `.tflite` file that `tfkd.export` wrote with its encoder.

    As `tfkd.runtime.load`, for files that give a text one class or several labels; attributes and
    `predict` are those of `Predictor`.

    Args:
        path: The file.
        threads: Number of CPU threads.

    Raises:
        UserError: No such file, not a `.tflite` or cut off, no or a broken vocabulary inside, or
            of another task.

    ```python
    classifier = Classifier("student.tflite")
    classifier.predict(["a film I will not forget"])[0].label
    ```
    """

    def __init__(self, path: str | Path, *, threads: int = 1) -> None:
        super().__init__(path, threads=threads)
        forms = (tasks.DEFAULT, tasks.find_form("multilabel").name)
        if self.task.name not in forms:
            raise UserError(
                f"{path} is for the task {self.task.name}, and Classifier reads "
                f"{' and '.join(forms)}: open it with tfkd.runtime.load(path)."
            )

    def logits(self, texts: Sequence[Value], batch_size: int = 32) -> np.ndarray:
        """Return logits `[texts, classes]`, or `[texts, 1]` of a binary model, in the order given.

        A model that ends in softmax or sigmoid gives the logs of its odds, so that the same
        softmax or sigmoid returns its probabilities.

        Args:
            texts: At least one word each; tuples of two, of a file for pairs.
            batch_size: Texts at once, where the file does not fix it.
        """
        (name,) = self.task.outputs
        rows = [row for (row,) in self._encode(self.examples(texts))]
        width = self._model.outputs[self._outputs[name]["name"]][0][-1] or 0
        outputs = [row[name] for row in self.run(rows, batch_size)]
        return np.array(outputs, np.float32).reshape(len(rows), width)
