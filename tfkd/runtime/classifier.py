"""Classify texts with an exported file: NumPy, tokenizers and LiteRT, no TensorFlow."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..errors import UserError
from ..text import TextEncoder
from ..text.batching import micro_batches
from .bundle import check_seal, read_encoder, told_of_tokenizers
from .checks.model import check_labels, check_sizes
from .feeding import feeding_of
from .interpreter import LiteRT, readable
from .watchdog import expect
from .zip_tail import unpack


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
        self._model, self.encoder, settings = _opened(path, threads)
        self._binary = settings.get("form") == "binary"
        self._squashed = settings.get("outputs") == "probabilities"
        self.labels = tuple(settings.get("classes") or ())
        self.quantize = settings.get("quantize")
        self.max_length = self.encoder.max_length
        self._path = path
        self._feed = feeding_of(self._model, path)
        self.batch = self._feed.batch
        check_sizes(self._model, self._feed, self.max_length, path)
        check_labels(self._model, self.labels, self._binary, path)

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
                self.run(self._ids([text]) if tokenise else [encoded[i]])
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
        return self._ids(texts) if texts else []

    def _ids(self, texts: list[str]) -> list[list[int]]:
        expect(len(texts))
        with told_of_tokenizers(str(self._path)):
            return self.encoder.encode_many(texts)

    def run(self, encoded: list[list[int]]) -> np.ndarray:
        """Logits of the ids of at most `batch` texts, padded as the file wants it."""
        feed = self._feed(encoded, self.max_length)
        rows = len(next(iter(feed.values())))
        expect(rows)
        found = self._model(feed)
        if found.shape != (rows, self._model.output_shape[-1]) or np.isnan(found).any():
            raise UserError(
                f"{self._path} answers {rows} texts with {found.dtype} of shape {found.shape} "
                "or with NaN: the file is damaged; export it again."
            )
        return self._unsquash(found)

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
        most = logits.max(axis=1, keepdims=True)
        if not np.isfinite(most).all():
            raise UserError(
                f"{self._path} answers with infinite logits: the file is damaged; export it again."
            )
        raised = np.exp(logits - most)
        return raised / raised.sum(axis=1, keepdims=True)

    def _prediction(self, row: np.ndarray) -> Prediction:
        best = int(row.argmax())
        named = {label: float(p) for label, p in zip(self.labels, row, strict=True)}
        return Prediction(self.labels[best], float(row[best]), named)


def _opened(path, threads: int) -> tuple[LiteRT, TextEncoder, dict]:
    """The model behind its digest: the interpreter gets what was exported, or nothing."""
    content, name = readable(path).read_bytes(), str(path)
    files = unpack(content, name)
    if not files:
        LiteRT(path)  # where the end is missing, this says so
    encoder, settings = read_encoder(files, name)
    check_seal(content, settings, name)
    return LiteRT(path, threads=threads), encoder, settings
