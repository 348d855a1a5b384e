"""A `.tflite` file as a teacher: outside the graph, so best stored first."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..models.input_names import IDS, MASKS, SEGMENTS, token_mask
from ..runtime.activations import undo_activation
from ..runtime.interpreter import LiteRT
from ..store.fingerprint import digest_of, digest_of_files
from ..text.affixes import OF_WORDS
from ..text.words import FILLS
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
        """Ids, and what else the file has inputs for: segments, and what is known of words."""
        segments = SEGMENTS[:1] if set(SEGMENTS) & set(self._model.inputs) else ()
        return (IDS[0], *segments, *sorted(set(OF_WORDS) & set(self._model.inputs)))

    def run(self, ids: np.ndarray, *more: np.ndarray | None) -> dict[str, np.ndarray]:
        """Return the logits of padded ids, by NumPy.

        Args:
            ids: Padded ids `[batch, length]`.
            *more: The other arrays of `text_inputs`.
        """
        given = zip(self.text_inputs, (ids, *more), strict=False)
        arrays = {name: self._at_length(name, each) for name, each in given if each is not None}
        size = self._batch or max(len(ids), 1)
        parts = []
        for start in range(0, len(ids), size):
            batch = {name: array[start : start + size] for name, array in arrays.items()}
            count = len(batch[IDS[0]])
            missing = [[0, size - count], [0, 0]]
            whole = {name: np.pad(array, missing) for name, array in batch.items()}
            parts.append(self._model.logits(self._feed(whole))[:count])
        return {"logits": undo_activation(np.concatenate(parts), self._activation, LEAST)}

    def _at_length(self, name: str, array: np.ndarray) -> np.ndarray:
        """Return an array cut or padded where the file fixes how long it is."""
        length = self._model.inputs[name][0][1] if name in OF_WORDS else self.length
        if not length:
            return array
        array = array[:, :length]
        fill = self._pad_id if name in IDS else FILLS.get(name, 0)
        return np.pad(array, [[0, 0], [0, length - array.shape[1]]], constant_values=fill)

    @property
    def fingerprint(self) -> str:
        """A digest of the file, for a store."""
        digest = digest_of_files(self._path)
        return digest_of([digest, self._found]) if self._found else digest

    def _feed(self, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        kinds = {name: dtype for name, (_, dtype) in self._model.inputs.items()}
        return {name: self._input(name, arrays).astype(kind) for name, kind in kinds.items()}

    def _input(self, name: str, arrays: dict[str, np.ndarray]) -> np.ndarray:
        """Return what an input of that name reads; a single one of any name reads ids."""
        ids = arrays[IDS[0]]
        if name in MASKS:
            return token_mask(ids, self._pad_id).numpy()
        if name in SEGMENTS:
            return arrays.get(SEGMENTS[0], np.zeros_like(ids))
        return arrays.get(name, ids)
