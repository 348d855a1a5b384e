"""The first rows of a `tf.data.Dataset` or a `PyDataset`, as arrays or texts to check on."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from ..errors import UserError

MOST = 10_000
"Rows that are taken of a data set, which may go on for ever."


def is_data_set(check: Any) -> bool:
    """Return whether a value is a `tf.data.Dataset` or a `keras.utils.PyDataset`."""
    return hasattr(check, "element_spec") or (
        hasattr(check, "__getitem__") and type(check).__mro__[-2].__name__ == "PyDataset"
    )


def collect(data: Any) -> Any:
    """Return the first rows of a data set as what `check` may be else: inputs, or with labels."""
    if hasattr(data, "element_spec"):
        batches = _batches_of_dataset(data)
    else:
        batches = map(data.__getitem__, range(len(data)))
    taken, rows = [], 0
    for batch in batches:
        # Sample weights, the third entry, count nothing here.
        taken.append(batch[:2] if isinstance(batch, tuple) else (batch,))
        rows += len(_leaves(batch)[0])
        if rows >= MOST:
            break
    if not taken:
        raise UserError("the data set to check on is empty.")
    parts = [_concatenate([batch[i] for batch in taken]) for i in range(len(taken[0]))]
    return tuple(parts) if len(parts) == 2 else parts[0]


def _batches_of_dataset(data: Any) -> Iterator[Any]:
    """Yield batches of NumPy arrays; rows of a data set without batches are put into some."""
    yield from (data if _is_batched(data.element_spec) else data.batch(100)).as_numpy_iterator()


def _is_batched(spec: Any) -> bool:
    """Return whether the elements of a data set are batches: by the labels, else by the inputs."""
    if isinstance(spec, tuple) and len(spec) > 1:
        return _leaves(spec[1])[0].shape.rank != 0
    first = _leaves(spec)[0]
    rank = first.shape.rank
    return rank is None or rank > 1 or (rank == 1 and (first.shape[0] is None or _is_string(first)))


def _is_string(spec: Any) -> bool:
    return spec.dtype.name == "string"


def _concatenate(parts: list[Any]) -> Any:
    if isinstance(parts[0], Mapping):
        return {name: _concatenate([part[name] for part in parts]) for name in parts[0]}
    if isinstance(parts[0], (tuple, list)):
        return [_concatenate([part[i] for part in parts]) for i in range(len(parts[0]))]
    try:
        array = np.concatenate([np.asarray(part) for part in parts])
    except ValueError:
        raise UserError(
            "the batches of the data set have rows of different sizes: pad all of them to one "
            "size, as padded_batch(n, padded_shapes=...) does."
        ) from None
    return list(map(_decode, array.tolist())) if array.dtype.kind in "SO" else array


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        value = list(value.values())
    if not isinstance(value, (tuple, list)):
        return [value]
    return list(itertools.chain.from_iterable(map(_leaves, value)))


def _decode(value: Any) -> Any:
    return value.decode("utf-8") if isinstance(value, bytes) else value
