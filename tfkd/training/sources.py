"""Look at the data given to `fit` or `evaluate` without consuming it."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from ..errors import UserError
from ..losses._batch import IGNORE
from .batches import map_arrays, split_by_model


@dataclass(frozen=True)
class DataContents:
    """Whether data hold labels, and the names of the stored targets where they hold such.

    The defaults are what is assumed of data that cannot be looked into.
    """

    labels: bool = True
    targets: frozenset[str] | None = None


def describe_contents(data: Any) -> DataContents:
    """Describe `x`, `(x, y)` or `(x, y, sample_weight)`: tensors, arrays or their specs.

    `None` are data that cannot be looked into.

    >>> describe_contents(({"student": 1, "targets": {"logits": 2}}, None))
    DataContents(labels=False, targets=frozenset({'logits'}))
    """
    if data is None:
        return DataContents()
    x, y = (*data, None)[:2] if isinstance(data, (tuple, list)) else (data, None)
    targets = split_by_model(x).targets
    # tf.data has a spec for None, which is private.
    labels = y is not None and type(y).__name__ != "NoneTensorSpec"
    return DataContents(labels, None if targets is None else frozenset(targets))


def take_first_batch(
    x: Any, y: Any = None, sample_weight: Any = None, batch_size: int | None = None
) -> tuple[Any, Any]:
    """Return `x`, which is still whole (a generator is put back together), and its first batch.

    The batch is `None` where the data cannot be looked into. Of arrays it also holds the rows with
    the largest and the smallest ids and labels.

    Raises:
        UserError: data without a batch, arrays of different lengths, Python lists of numbers.
    """
    if is_arrays(x):
        _check_sizes(x=x, y=y, sample_weight=sample_weight)
        return x, _telling_rows((x, y, sample_weight), batch_size or 32)
    if isinstance(x, tf.data.Dataset):
        _check_ranks(x.element_spec)
        return x, _first(iter(x.take(1)))
    if isinstance(x, types.GeneratorType):
        first = _first(x)
        return _put_back(first, x), first
    if isinstance(x, (Mapping, list, tuple)):
        raise _python_numbers("x", x)
    if hasattr(x, "__getitem__") and hasattr(x, "__len__"):
        return x, _first(x[i] for i in range(min(len(x), 1)))
    return x, None


def peek_contents(x: Any, y: Any = None, sample_weight: Any = None) -> tuple[Any, DataContents]:
    """Return `x`, which is still whole, and its contents, without running a pipeline of tf.data."""
    if isinstance(x, tf.data.Dataset):
        return x, describe_contents(x.element_spec)
    x, first = take_first_batch(x, y, sample_weight)
    return x, describe_contents(first)


def peek_validation(
    options: dict[str, Any], trained: DataContents
) -> tuple[dict[str, Any], DataContents | None]:
    """Return the options of `fit`, and the contents of its validation data if there are any.

    A share of the training data (`validation_split`) has the contents of these, `trained`.
    """
    data = options.get("validation_data")
    if data is None:
        return options, trained if options.get("validation_split") else None
    x, *rest = data if isinstance(data, (tuple, list)) else (data,)
    x, contents = peek_contents(x, *rest[:2])
    return {**options, "validation_data": (x, *rest) if rest else x}, contents


def rows_of_validation(options: dict[str, Any]) -> Any:
    """Return the telling rows of validation data that are arrays; `None` of any other."""
    data = options.get("validation_data")
    if not isinstance(data, (tuple, list)) or not is_arrays(data[0]):
        return None
    return take_first_batch(*data[:3])[1]


def is_ordered(x: Any) -> bool:
    """Return whether Keras takes `x` as it comes, and shuffles nothing."""
    return isinstance(x, (tf.data.Dataset, types.GeneratorType))


def is_arrays(x: Any) -> bool:
    """Return whether `x` is an array, or a structure of arrays."""
    leaves = tf.nest.flatten(x) if isinstance(x, (Mapping, list, tuple)) else [x]
    return bool(leaves) and all(hasattr(leaf, "shape") for leaf in leaves)


def _check_ranks(spec: Any) -> None:
    """Refuse a dataset that does not say how many axes its numbers have."""
    x, *others = spec if isinstance(spec, tuple) else (spec,)
    named = zip(("x", "y", "sample_weight"), (split_by_model(x).student, *others), strict=False)
    for name, part in named:
        for each in tf.nest.flatten(part):
            # Models read ids of any rank, and nothing else looks at these.
            reads = isinstance(each, tf.TensorSpec) and (name != "x" or each.dtype.is_floating)
            if reads and each.shape.rank is None:
                raise UserError(
                    f"the dataset does not say the shape of {name}: give tf.data.Dataset."
                    "from_generator(..., output_signature=...), or ensure_shape after "
                    "tf.py_function."
                )


def _first(batches: Iterator) -> Any:
    first = next(batches, None)
    if first is None:
        raise UserError(
            "the data hold no batch: look at what the pipeline filters out, or at a generator "
            "that was used up before."
        )
    return first


def _put_back(first: Any, rest: Iterator) -> Iterator:
    yield first
    yield from rest


def _python_numbers(name: str, value: Any) -> UserError:
    return UserError(
        f"{name} is a {type(value).__name__} of Python numbers: give arrays, e.g. "
        f"np.asarray({name})."
    )


def _check_sizes(**arrays: Any) -> None:
    """Refuse arrays without examples, and arrays of different lengths."""
    sizes = {name: _sizes(name, value) for name, value in arrays.items() if value is not None}
    distinct = {size for of_one in sizes.values() for size in of_one}
    if len(distinct) == 1 and 0 not in distinct:
        return
    counts = {name: " and ".join(map(str, of_one)) for name, of_one in sizes.items()}
    *before, last = f"x holds {counts.pop('x')} examples", *map(" ".join, counts.items())
    sentence = " and ".join(filter(None, [", ".join(before), last]))
    cure = "at least one" if distinct == {0} else "as many of each"
    raise UserError(f"{sentence}: give {cure}.")


def _sizes(name: str, structure: Any) -> list[int]:
    """Return the lengths of the arrays of a structure, each once."""
    if not is_arrays(structure):
        raise _python_numbers(name, structure)
    shapes = [array.shape for array in tf.nest.flatten(structure)]
    return list(dict.fromkeys(int(shape[0]) if len(shape) else 1 for shape in shapes))


def _telling_rows(arrays: Any, batch_size: int) -> Any:
    """Take the first batch, and the rows that hold the largest and the smallest ids and labels.

    Of weights and of labels that are numbers also the first row that is not finite.
    """
    flat = [array for array in tf.nest.flatten(arrays) if array is not None]
    rows: dict[int, None] = dict.fromkeys(range(min(batch_size, len(flat[0]))))
    for array in flat:
        if np.issubdtype(np.asarray(array[:1]).dtype, np.integer):
            rows.update(dict.fromkeys(_extremes(np.asarray(array))))
    for array in tf.nest.flatten(arrays[1:]):
        if array is not None and np.issubdtype(np.asarray(array[:1]).dtype, np.floating):
            rows.update(dict.fromkeys(_extremes_of_numbers(np.asarray(array))))
    chosen = np.array(list(rows))
    return map_arrays(lambda array: np.asarray(array)[chosen], arrays)


def _extremes(array: np.ndarray) -> list[int]:
    if not array.size:
        return []
    smallest = np.where(array == IGNORE, np.iinfo(array.dtype).max, array)
    width = array.size // len(array)
    return [int(array.argmax() // width), int(smallest.argmin() // width)]


def _extremes_of_numbers(array: np.ndarray) -> list[int]:
    if not array.size:
        return []
    width = array.size // len(array)
    finite = np.isfinite(array)
    known = np.where(finite & (array != IGNORE), array, array.dtype.type(0))
    return [int(each) // width for each in (known.argmax(), known.argmin(), finite.argmin())]
