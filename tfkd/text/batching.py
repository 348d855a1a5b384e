"""Texts of similar length together, as padded arrays, so that little is padding. Only NumPy."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import DTypeLike

from .words import FILLS

# Resizing a LiteRT graph costs 5 to 15 microseconds, 32 padded tokens of a small transformer 50:
# so the steps are fine, and only there to spare resizing between nearly equal lengths.
STEP = 8
TOKENS = 2_048  # of padded text in one batch
MULTIPLE = 16  # tokens; padding a little more spares TensorFlow new shapes
WINDOW = 16  # batches that are sorted by length together

Item = TypeVar("Item")


# -- which texts go together -----------------------------------------------------------------


def by_length(lengths: np.ndarray) -> Iterator[np.ndarray]:
    """Yield positions, longest texts first, as many at a time as make about 2,048 tokens.

    The longest first: if memory does not suffice, that shows at once.

    >>> [rows.tolist() for rows in by_length(np.array([5, 2048, 7]))]
    [[1], [2, 0]]
    """
    order = np.argsort(-lengths.astype("int64"), kind="stable")
    done = 0
    while done < len(order):
        size = max(1, TOKENS // max(1, int(lengths[order[done]])))
        yield order[done : done + size]
        done += size


def bucket_by_length(lengths: np.ndarray, batch_size: int, seed: Any) -> list[np.ndarray]:
    """Return all positions once, in random batches of texts of similar length.

    Args:
        lengths: Tokens of each text, `[texts]`.
        batch_size: Texts in a batch; the last ones may be smaller.
        seed: Seed of the order, anything that `np.random.default_rng` takes.

    Returns:
        The positions of each batch.

    >>> [batch.tolist() for batch in bucket_by_length(np.array([9, 1, 8, 2]), 2, 0)]
    [[2, 0], [1, 3]]
    """
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(lengths))
    batches = []
    for start in range(0, len(order), WINDOW * batch_size):
        window = order[start : start + WINDOW * batch_size]
        window = window[np.argsort(lengths[window], kind="stable")]
        batches += [window[i : i + batch_size] for i in range(0, len(window), batch_size)]
    return [batches[i] for i in rng.permutation(len(batches))]


def micro_batches(encoded: Sequence[Sequence[int]], size: int) -> Iterator[np.ndarray]:
    """Yield positions in `encoded`, `size` at a time, shortest texts first.

    >>> [rows.tolist() for rows in micro_batches([[1, 1, 1], [1], [1, 1]], size=2)]
    [[1, 2], [0]]
    """
    order = np.argsort([len(ids) for ids in encoded], kind="stable")
    for start in range(0, len(order), size):
        yield order[start : start + size]


def chunks(stream: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Yield lists of `size`, the last one shorter; never more than one of them in memory.

    >>> list(chunks("abc", 2))
    [['a', 'b'], ['c']]
    """
    stream = iter(stream)
    while chunk := list(itertools.islice(stream, size)):
        yield chunk


# -- how long they become --------------------------------------------------------------------


def bucket(length: int, most: int) -> int:
    """Round `length` up to a multiple of 8, at most `most`.

    >>> [bucket(n, most=20) for n in (3, 8, 9, 17)]
    [8, 8, 16, 20]
    """
    return min(-(-length // STEP) * STEP, max(most, length))


def pad(
    encoded: Sequence[Sequence[int]], length: int, dtype: DTypeLike = "int32", value: int = 0
) -> np.ndarray:
    """Return ids as one array `[texts, length]`, padded with `value` at the end.

    Args:
        encoded: Token ids of each text.
        length: Length of the rows, at least that of the longest text.
        dtype: Type of the array.
        value: What to pad with.

    >>> pad([[5, 6], [7]], 3).tolist()
    [[5, 6, 0], [7, 0, 0]]
    """
    out = np.full((len(encoded), length), value, dtype)
    for row, ids in zip(out, encoded, strict=True):
        row[: len(ids)] = ids
    return out


def padded(ids: Sequence[Sequence[int]], value: int = 0) -> np.ndarray:
    """Return lists of ids as one array `[texts, longest]`, int32, padded with `value`.

    >>> padded([[5, 6], [7]]).tolist()
    [[5, 6], [7, 0]]
    """
    return pad(ids, max(map(len, ids), default=1), value=value)


def pad_rows(
    rows: Sequence[Mapping[str, Any]], names: Iterable[str], fills: Mapping[str, int] | None = None
) -> dict[str, np.ndarray]:
    """Return rows of named values as batches: `[rows, longest, ...]`, or `[rows]` for numbers.

    Whole numbers become int32; bytes, which images are made of, and all others float32.

    Args:
        rows: Values by name.
        names: Those to return.
        fills: What the end of shorter rows is, by name; where it does not say, 0, or no word.

    >>> batch = pad_rows([{"ids": [5, 6], "number": 0.5}, {"ids": [7], "number": 1}], ["ids"])
    >>> batch["ids"].tolist()
    [[5, 6], [7, 0]]
    """
    fills = {**FILLS, **(fills or {})}
    batch = {}
    for name in names:
        arrays = [np.asarray(row[name]) for row in rows]
        whole = all(array.dtype.kind in "iub" and array.dtype != "uint8" for array in arrays)
        dtype = "int32" if whole else "float32"
        if not arrays[0].ndim:
            batch[name] = np.array(arrays, dtype)
            continue
        # A text without words has room for one: some runtimes know no axis of none.
        longest = max(1, *map(len, arrays))
        shape = (len(rows), longest, *arrays[0].shape[1:])
        batch[name] = np.full(shape, fills.get(name, 0), dtype)
        for place, array in zip(batch[name], arrays, strict=True):
            place[: len(array)] = array
    return batch


def take_row(
    batch: Mapping[str, np.ndarray],
    place: int,
    shapes: Mapping[str, tuple[int | None, ...]],
    count: int,
) -> dict[str, np.ndarray]:
    """Return the outputs of one row of a batch, without those of padding.

    Args:
        batch: A model's outputs by name, `[rows, ...]`.
        place: Of the row in the batch.
        shapes: The shape of each output for one row, `None` for the number of words or tokens.
        count: How many words or tokens the row has.

    >>> batch = {"logits": np.zeros((2, 5, 3)), "spans": np.zeros((2, 2, 5))}
    >>> row = take_row(batch, 0, {"logits": (None, 3), "spans": (2, None)}, 4)
    >>> row["logits"].shape, row["spans"].shape
    ((4, 3), (2, 4))
    """
    cuts = {
        name: tuple(slice(count if size is None else None) for size in shapes[name])
        for name in batch
    }
    return {name: array[place][cuts[name]] for name, array in batch.items()}


def pad_to_multiple(arrays: np.ndarray, value: float = 0, axes: Sequence[int] = (1,)) -> np.ndarray:
    """Pad `[texts, length, ...]` to a multiple of 16 tokens or words: fewer shapes for TensorFlow.

    Args:
        arrays: The batch.
        value: What to pad with.
        axes: Those that count tokens or words.
    """
    width = [(0, -n % MULTIPLE if i in axes else 0) for i, n in enumerate(arrays.shape)]
    return np.pad(arrays, width, constant_values=value)
