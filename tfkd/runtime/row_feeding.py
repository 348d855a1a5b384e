"""Rows of named values as the arrays that a file takes. No TensorFlow here.

A file takes the inputs of its task by name or, written for MediaPipe's clients, ids with a mask
and segments.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import UserError
from ..text.affixes import OF_WORDS
from ..text.batching import bucket, pad
from ..text.words import DECODER_IDS, FILLS, WORD_STARTS

IDS = "input_ids"
CLIENT = ("ids", "mask", "segment_ids")
Shape = tuple[int | None, ...]


@dataclass(frozen=True)
class RowFeeder:
    """How rows become the inputs of a model.

    A `client` file gets one text at a time without padding, as its client feeds it: so both see
    the same numbers, also where they are quantised while running.

    Attributes:
        sources: For each input of the model, the name of the value of a row that it reads.
        inputs: Shape (`None` where any size will do) and dtype of each input, by name.
        most: The longest row.
        pad_id: What token ids are padded with.
        client: Whether the model is one for MediaPipe's clients; then `sources` has the ids alone.
    """

    sources: Mapping[str, str]
    inputs: Mapping[str, tuple[Shape, Any]]
    most: int
    pad_id: int = 0
    client: bool = False

    @property
    def batch(self) -> int | None:
        """The number of rows at once, where the model fixes it."""
        return 1 if self.client else next(iter(self.inputs.values()))[0][0]

    def length_of(self, row: Mapping[str, Any]) -> int:
        """Return the number of tokens of a row."""
        return max(_size(row[name]) for name in self.sources.values() if name not in OF_WORDS)

    def units_of(self, row: Mapping[str, Any]) -> int:
        """Return the number of words of a row, or of tokens that are written or read."""
        if WORD_STARTS in row:
            return len(row[WORD_STARTS])
        written = DECODER_IDS in self.sources.values()
        return len(row[DECODER_IDS]) if written else self.length_of(row)

    def __call__(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, np.ndarray]:
        """Return the arrays of at most `batch` rows, padded as the model wants it.

        >>> inputs = {"ids": ((1, None), "int32")}
        >>> feed = RowFeeder({"ids": "input_ids"}, inputs, most=8, client=True)
        >>> {name: array.tolist() for name, array in feed([{"input_ids": [5, 6]}]).items()}
        {'ids': [[5, 6]], 'mask': [[1, 1]], 'segment_ids': [[0, 0]]}
        """
        arrays = {}
        for name, source in self.sources.items():
            shape, dtype = self.inputs[name]
            values = [row[source] for row in rows]
            fill = self.pad_id if source in (IDS, DECODER_IDS) else FILLS.get(source, 0)
            array = self._pad(values, shape, dtype, fill)
            if self.batch and len(array) < self.batch:
                missing = [(0, self.batch - len(array)), *[(0, 0)] * (array.ndim - 1)]
                array = np.pad(array, missing)
            arrays[name] = array
        if not self.client:
            return arrays
        ids = next(iter(arrays.values()))
        parts = (ids, (ids != self.pad_id).astype(ids.dtype), np.zeros_like(ids))
        return dict(zip(CLIENT, parts, strict=True))

    def _pad(self, values: Sequence[Any], shape: Shape, dtype: Any, fill: int) -> np.ndarray:
        if len(shape) != 2:
            return _of_channels(np.stack([np.asarray(value, dtype) for value in values]), shape)
        # A row without a word has room for one: no runtime plans for none.
        longest = max(1, *map(len, values))
        length = shape[1] or (longest if self.client else bucket(longest, self.most))
        if longest > length:
            raise UserError(
                f"a row of {longest} values came for a model that takes {length}: the file is "
                "damaged, or was exported for another task; export it again."
            )
        try:
            return pad(values, length, dtype, fill)
        except OverflowError as error:
            raise UserError(
                f"ids came for a model that takes {np.dtype(dtype)}, which does not hold them: the "
                "file is damaged; export it again."
            ) from error


def _size(value: Any) -> int:
    """Return how many numbers a value has; NumPy would make an array of a list to count it."""
    return len(value) if isinstance(value, list) else np.size(value)


def _of_channels(arrays: np.ndarray, shape: Shape) -> np.ndarray:
    """Return images in RGB where the model wants it, as a client's does: grey is three times it."""
    if arrays.ndim == len(shape) == 4 and (arrays.shape[-1], shape[-1]) == (1, 3):
        return np.repeat(arrays, 3, axis=-1)
    return arrays
