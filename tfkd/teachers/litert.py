"""A `.tflite` file as a teacher: outside the graph, so best stored first."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..models.input_names import IDS, MASKS, SEGMENTS, token_mask
from ..runtime.activations import undo_activation
from ..runtime.interpreter import LiteRT
from ..store.fingerprint import digest_of, digest_of_files
from .final_operation import READINGS
from .python_function import PythonFunctionTeacher

LEAST = 1e-7
"Smaller probabilities are this one."


class LiteRTModel(PythonFunctionTeacher):
    """A `.tflite` file as a function of padded ids, on `threads` threads.

    One example is run at a time where the file has a fixed batch of 1. `length` is the number of
    tokens that it reads, where the file fixes it.

    Args:
        path: The file.
        threads: How many processors it may use.
        activation: "softmax" or "sigmoid" of a file that returns probabilities, of which the logs
            (or log odds) are the logits; by default what the file says by its last operation.
        pad_id: What its tokenizer pads with.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        threads: int = 2,
        activation: str | None = None,
        pad_id: int = 0,
    ) -> None:
        self._path, self._model = Path(path), LiteRT(path, threads=threads)
        self._found = READINGS.get(self._model.final_operation) if activation is None else None
        self._activation, self._pad_id = activation or self._found, pad_id
        self.shapes = {"logits": self._model.logits_shape[1:]}
        shape, _ = next(iter(self._model.inputs.values()))
        self._batch, self.length = shape[0], shape[1] if len(shape) > 1 else None

    @property
    def text_inputs(self) -> tuple[str, ...]:  # type: ignore[override]  # depends on the file
        """Ids, and segments where the file has an input for them."""
        reads = set(SEGMENTS) & set(self._model.inputs)
        return (IDS[0], SEGMENTS[0]) if reads else IDS[:1]

    def run(self, ids: np.ndarray, segments: np.ndarray | None = None) -> dict[str, np.ndarray]:
        """Return the logits of padded ids, by NumPy."""
        segments = np.zeros_like(ids) if segments is None else segments
        if self.length:
            ids = ids[:, : self.length]
            missing = [[0, 0], [0, max(0, self.length - ids.shape[1])]]
            ids = np.pad(ids, missing, constant_values=self._pad_id)
            segments = np.pad(segments[:, : self.length], missing)
        size = self._batch or max(len(ids), 1)
        parts = []
        for start in range(0, len(ids), size):
            batch = [each[start : start + size] for each in (ids, segments)]
            missing = [[0, size - len(batch[0])], [0, 0]]
            whole = [np.pad(each, missing) for each in batch]
            parts.append(self._model.logits(self._feed(*whole))[: len(batch[0])])
        return {"logits": undo_activation(np.concatenate(parts), self._activation, LEAST)}

    @property
    def fingerprint(self) -> str:
        """A digest of the file, for a store."""
        digest = digest_of_files(self._path)
        return digest_of([digest, self._found]) if self._found else digest

    def _feed(self, ids: np.ndarray, segments: np.ndarray) -> dict[str, np.ndarray]:
        kinds = {name: dtype for name, (_, dtype) in self._model.inputs.items()}
        return {name: self._input(name, ids, segments).astype(kind) for name, kind in kinds.items()}

    def _input(self, name: str, ids: np.ndarray, segments: np.ndarray) -> np.ndarray:
        """Return what an input of that name reads; a single one of any name reads ids."""
        if name in MASKS:
            return token_mask(ids, self._pad_id).numpy()
        return segments if name in SEGMENTS else ids
