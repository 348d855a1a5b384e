"""What a classifier's file takes: ids alone, or as MediaPipe's clients feed it ids, mask, segments.

No TensorFlow here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import UserError
from ..text.batching import bucket, pad
from .interpreter import LiteRT

CLIENT = ("ids", "mask", "segment_ids")


@dataclass(frozen=True)
class Feeding:
    """The inputs of a file: the name of the ids, fixed sizes (None where free) and the dtype.

    A `client` file gets one text at a time without padding, as its client feeds it: so both see
    the same numbers, also where they are quantised while running.
    """

    name: str
    batch: int | None
    length: int | None
    dtype: type
    client: bool = False

    def __call__(self, encoded: list[list[int]], most: int) -> dict[str, np.ndarray]:
        """Arrays of the ids of at most `batch` texts, padded as the file wants it.

        >>> feeding = Feeding("ids", batch=1, length=None, dtype=np.int32, client=True)
        >>> {name: array.tolist() for name, array in feeding([[5, 6]], 8).items()}
        {'ids': [[5, 6]], 'mask': [[1, 1]], 'segment_ids': [[0, 0]]}
        """
        longest = max(map(len, encoded))
        length = self.length or (longest if self.client else bucket(longest, most))
        ids = pad(encoded, length, self.dtype)
        if self.batch and len(ids) < self.batch:
            ids = np.pad(ids, ((0, self.batch - len(ids)), (0, 0)))
        if not self.client:
            return {self.name: ids}
        parts = (ids, (ids != 0).astype(self.dtype), np.zeros_like(ids))
        return dict(zip(CLIENT, parts, strict=True))


def feeding_of(model: LiteRT, path) -> Feeding:
    """How to feed `model`.

    Raises:
        UserError: it takes something else.
    """
    shapes = [shape for shape, _ in model.inputs.values()]
    if set(model.inputs) == set(CLIENT) and {len(shape) for shape in shapes} == {2}:
        return Feeding("ids", 1, None, model.inputs["ids"][1], client=True)
    if len(shapes) != 1 or len(shapes[0]) != 2:
        raise UserError(
            f"{path} takes {', '.join(model.inputs)}: a text classifier takes one array of ids, "
            f"or {', '.join(CLIENT)}."
        )
    ((name, ((batch, length), dtype)),) = model.inputs.items()
    return Feeding(name, batch, length, dtype)
