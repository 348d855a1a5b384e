"""What `fit` and `evaluate` were given: what it holds, and its first batch, with nothing lost."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from ..errors import UserError
from ..losses._batch import IGNORE
from . import batches


@dataclass(frozen=True)
class Contents:
    """Whether data hold labels, and the names of the stored targets where they hold such.

    The defaults are what is taken for granted of a source that cannot be looked into.
    """

    labels: bool = True
    targets: frozenset[str] | None = None


def holds(data) -> Contents:
    """The contents of `x`, `(x, y)` or `(x, y, sample_weight)`: tensors, arrays or their specs.

    >>> holds(({"student": 1, "targets": {"logits": 2}}, None))
    Contents(labels=False, targets=frozenset({'logits'}))
    """
    x, y = (*data, None)[:2] if isinstance(data, (tuple, list)) else (data, None)
    targets = batches.split(x).targets
    # tf.data has a spec for None, which is private.
    labels = y is not None and type(y).__name__ != "NoneTensorSpec"
    return Contents(labels, None if targets is None else frozenset(targets))


def first_batch(x, y=None, sample_weight=None, batch_size=None):
    """`(x, first batch)`; `x` is whole, since a generator is put back.

    The batch is `None` where the source cannot be looked into. Raises `UserError` for data
    without a batch, for arrays of different lengths and for Python lists of numbers.
    """
    if is_arrays(x):
        _check_sizes(x=x, y=y, sample_weight=sample_weight)
        return x, _telling_rows((x, y, sample_weight), batch_size or 32)
    if isinstance(x, tf.data.Dataset):
        return x, _one(iter(x.take(1)))
    if isinstance(x, types.GeneratorType):
        first = _one(x)
        return _put_back(first, x), first
    if isinstance(x, (Mapping, list, tuple)):
        _refuse_python("x", x)
    if hasattr(x, "__getitem__") and hasattr(x, "__len__"):
        return x, _one(x[i] for i in range(min(len(x), 1)))
    return x, None


def glance(x, y=None, sample_weight=None):
    """`(x, contents)`, without running a pipeline of tf.data."""
    if isinstance(x, tf.data.Dataset):
        return x, holds(x.element_spec)
    x, first = first_batch(x, y, sample_weight)
    return x, Contents() if first is None else holds(first)


def has_its_order(x) -> bool:
    """Whether Keras takes `x` as it comes, and shuffles nothing."""
    return isinstance(x, (tf.data.Dataset, types.GeneratorType))


def is_arrays(x) -> bool:
    """Whether `x` is an array, or a structure of arrays."""
    leaves = tf.nest.flatten(x) if isinstance(x, (Mapping, list, tuple)) else [x]
    return bool(leaves) and all(hasattr(each, "shape") for each in leaves)


def _one(batches):
    first = next(batches, None)
    if first is None:
        raise UserError(
            "the data hold no batch: look at what the pipeline filters out, or at a generator "
            "that was used up before."
        )
    return first


def _put_back(first, rest):
    yield first
    yield from rest


def _refuse_python(name: str, value) -> None:
    raise UserError(
        f"{name} is a {type(value).__name__} of Python numbers: give arrays, e.g. "
        f"np.asarray({name})."
    )


def _check_sizes(**given) -> None:
    """Refuse arrays without examples, and arrays of different lengths."""
    found = {name: _sizes(name, each) for name, each in given.items() if each is not None}
    sizes = {size for each in found.values() for size in each}
    if len(sizes) == 1 and 0 not in sizes:
        return
    counts = {name: " and ".join(map(str, each)) for name, each in found.items()}
    *before, last = f"x holds {counts.pop('x')} examples", *map(" ".join, counts.items())
    said = " and ".join(filter(None, [", ".join(before), last]))
    cure = "at least one" if sizes == {0} else "as many of each"
    raise UserError(f"{said}: give {cure}.")


def _sizes(name: str, structure) -> list[int]:
    """The lengths of the arrays of a structure, each once."""
    if not is_arrays(structure):
        _refuse_python(name, structure)
    shapes = [each.shape for each in tf.nest.flatten(structure)]
    return list(dict.fromkeys(int(shape[0]) if len(shape) else 1 for shape in shapes))


def _telling_rows(arrays, batch_size: int):
    """The first batch, and the rows that hold the largest and the smallest ids and labels."""
    flat = [each for each in tf.nest.flatten(arrays) if each is not None]
    rows: dict[int, None] = dict.fromkeys(range(min(batch_size, len(flat[0]))))
    for array in flat:
        if np.issubdtype(np.asarray(array[:1]).dtype, np.integer):
            rows.update(dict.fromkeys(_extremes(np.asarray(array))))
    chosen = np.array(list(rows))
    return batches.each(lambda array: np.asarray(array)[chosen], arrays)


def _extremes(array: np.ndarray) -> list[int]:
    if not array.size:
        return []
    smallest = np.where(array == IGNORE, np.iinfo(array.dtype).max, array)
    width = array.size // len(array)
    return [int(array.argmax() // width), int(smallest.argmin() // width)]
