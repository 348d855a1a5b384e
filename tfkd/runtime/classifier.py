"""Classify texts with an exported file: NumPy, tokenizers and LiteRT, no TensorFlow."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..errors import UserError
from .batching import micro_batches
from .feeding import feeding_of
from .inside import read_encoder
from .interpreter import LiteRT
from .packing import unpack


class Prediction(NamedTuple):
    """The most probable class of one text, its probability, and that of every class by name."""

    label: str
    probability: float
    probabilities: dict[str, float]


class Classifier:
    """A text classifier from one `.tflite` file that `tfkd.export` wrote with its encoder.

    `threads` is the number of CPU threads. `labels` are the class names, `max_length` the
    number of word pieces that are read of a text (its head and its tail), `quantize` the kind
    of its weights (None in files of older versions).

    Raises:
        UserError: no such file, not a `.tflite` or cut off, no or a broken vocabulary inside.

    ```python
    classifier = Classifier("student.tflite")
    classifier.predict(["a film I will not forget"])[0].label
    ```
    """

    def __init__(self, path: str | Path, *, threads: int = 1):
        self._model = LiteRT(path, threads=threads)
        files = unpack(Path(path).read_bytes(), str(path))
        self.encoder, settings = read_encoder(files, str(path))
        self._binary = settings.get("form") == "binary"
        self._squashed = settings.get("outputs") == "probabilities"
        self.labels = tuple(settings.get("classes", ()))
        self.quantize = settings.get("quantize")
        self.max_length = self.encoder.max_length
        self._feed = feeding_of(self._model, path)
        self.batch = self._feed.batch
        _check_labels(self, path)

    def logits(self, texts: Sequence[str], batch_size: int = 32) -> np.ndarray:
        """`[texts, classes]` (`[texts, 1]` of a binary model), float32, in the order given.

        A model that ends in softmax or sigmoid gives the logs of its odds, so that the same
        softmax or sigmoid returns its probabilities.
        """
        encoded = self._encode(texts)
        out = np.zeros((len(encoded), self._model.output_shape[-1] or 0), np.float32)
        for rows in micro_batches(encoded, self.batch or batch_size):
            out[rows] = self.run([encoded[i] for i in rows])[: len(rows)]
        return out

    def predict(self, texts: Sequence[str]) -> list[Prediction]:
        """One `Prediction` a text, in the order given."""
        return [self._prediction(row) for row in self._probabilities(self.logits(texts))]

    def latency(
        self, texts: Sequence[str], repeats: int = 3, *, tokenise: bool = True
    ) -> np.ndarray:
        """Seconds per text, `[texts]`, one text at a time: the median of `repeats` runs.

        `tokenise=False` leaves the time of the tokenizer out. The first run warms up, uncounted.
        """
        encoded = self._encode(texts)
        took = np.zeros((repeats + 1, len(encoded)))
        for turn in range(repeats + 1):
            for i, text in enumerate(texts):
                start = time.perf_counter()
                self.run(self.encoder.encode_many([text]) if tokenise else [encoded[i]])
                took[turn, i] = time.perf_counter() - start
        return np.median(took[1:], axis=0)

    def _encode(self, texts: Sequence[str]) -> list[list[int]]:
        if isinstance(texts, str):
            raise UserError("one string came where a list of texts belongs: write [text].")
        texts = list(texts)
        for i, text in enumerate(texts):
            if not isinstance(text, str) or not text.strip():
                raise UserError(
                    f"text {i} is {'empty' if text == '' else repr(text)[:40]}: "
                    "give at least one word."
                )
        return self.encoder.encode_many(texts) if texts else []

    def run(self, encoded: list[list[int]]) -> np.ndarray:
        """Logits of the ids of at most `batch` texts, padded as the file wants it."""
        return self._unsquash(self._model(self._feed(encoded, self.max_length)))

    def _unsquash(self, outputs: np.ndarray) -> np.ndarray:
        if not self._squashed:
            return outputs
        log, least = np.log, np.finfo(np.float32).tiny
        odds = log(np.maximum(outputs, least))
        return odds - log(np.maximum(1 - outputs, least)) if self._binary else odds

    def _probabilities(self, logits: np.ndarray) -> np.ndarray:
        logits = logits.astype(np.float64)
        if self._binary:  # sigmoid is a softmax beside a logit of zero
            logits = np.concatenate([np.zeros_like(logits), logits], axis=1)
        raised = np.exp(logits - logits.max(axis=1, keepdims=True))
        return raised / raised.sum(axis=1, keepdims=True)

    def _prediction(self, row: np.ndarray) -> Prediction:
        best = int(row.argmax())
        named = {label: float(p) for label, p in zip(self.labels, row, strict=True)}
        return Prediction(self.labels[best], float(row[best]), named)


def _check_labels(classifier: Classifier, path) -> None:
    shape = classifier._model.output_shape
    classes = 2 if classifier._binary else shape[-1]
    if len(shape) != 2 or classes != len(classifier.labels):
        raise UserError(
            f"{path} has {len(classifier.labels)} class names inside and outputs of shape "
            f"{shape}: the file is damaged; export it again."
        )
