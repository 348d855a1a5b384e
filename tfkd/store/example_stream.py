"""The examples of whatever a user calls a dataset, one by one, without their labels or padding."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from ..data.encoded import Encoded
from ..data.encoded_column import BYTES
from ..errors import UserError
from ..models.input_names import IDS, MASKS
from ..text import encoder_of
from ..text.pair_encoding import Pair
from ..text.row_encoding import encode_rows
from ..text.words import WORD_ENDS
from ..training.batches import split_by_model
from .keys import Example, examples_of, name_inputs, name_texts
from .row_lengths import Lengths, batch_lengths

CHUNK = 1_024  # examples looked at together


class RowStream:
    """Rows of named arrays without padding, one by one, as a task makes them for a teacher.

    Args:
        rows: Returns an iterator of them; other names than `inputs` in them are left out.
        inputs: The names of the arrays that a model reads.
        count: How many there are, if that is known.
    """

    def __init__(
        self,
        rows: Callable[[], Iterable[Example]],
        inputs: tuple[str, ...],
        count: int | None = None,
    ) -> None:
        self._rows, self.inputs, self.examples = rows, inputs, count

    def __iter__(self) -> Iterator[Example]:
        for row in self._rows():
            # A task need not say where its words end.
            names = (name for name in self.inputs if name in row or name != WORD_ENDS)
            yield {name: _plain_array(row[name]) for name in names}


class ExampleStream:
    """A dataset, example by example; `count` is `None` where it does not say how long it is.

    Takes a `tf.data.Dataset` or a list of batches as for `fit`, arrays, texts (for a teacher with
    a tokenizer), rows of a task, or a function that returns an iterator of one of these.
    """

    def __init__(self, dataset: Any, teacher: Any = None) -> None:
        self._dataset, self._teacher = dataset, teacher
        self.count = _count(dataset)
        # How the teacher gets its inputs.
        self.form: type = dict
        # Of the widest batch so far, as it is padded.
        self.widths = Lengths()

    @property
    def unit(self) -> str:
        """What its examples are called: images and tables are no texts."""
        if isinstance(self._dataset, Encoded) and len(self._dataset) != self._dataset.examples:
            # Windows of long texts, or both texts of a pair.
            return "rows"
        if isinstance(self._dataset, (Encoded, RowStream)):
            return "texts" if set(IDS) & set(self._dataset.inputs) else "examples"
        inputs = getattr(self._dataset, "element_spec", self._dataset)
        while isinstance(inputs, (tuple, list)) and inputs:
            inputs = inputs[0]
        if isinstance(inputs, Mapping):
            known = [inputs[name] for name in inputs if name in IDS]
            inputs = next(iter([*known, *inputs.values()]), None)
        # Of NumPy or TensorFlow: float32, float16, bfloat16.
        is_number = "float" in str(getattr(inputs, "dtype", ""))
        rank = len(getattr(inputs, "shape", None) or ())
        return "examples" if is_number or rank > 2 else "texts"

    def chunks(self) -> Iterator[list[Example]]:
        """Yield lists of examples; the next one is made while the last one is worked on."""
        stream = self._examples()
        with ThreadPoolExecutor(1) as pool:
            coming = pool.submit(_take, stream)
            while chunk := coming.result():
                coming = pool.submit(_take, stream)
                yield chunk

    def _examples(self) -> Iterator[Example]:
        dataset = self._dataset() if callable(self._dataset) else self._dataset
        if isinstance(dataset, Encoded):
            rows = (dataset.arrays(row) for row in range(len(dataset)))
            yield from self._named(rows, dataset.inputs)
            return
        if isinstance(dataset, RowStream):
            yield from self._named(dataset, dataset.inputs)
            return
        for batch in _batches(dataset):
            if _is_texts(batch):
                yield from self._encoded(list(batch))
                continue
            inputs = split_by_model(batch).teacher
            if encoder_of(self._teacher) is not None:
                _need_ids(inputs)
            self.form = (
                type(inputs)
                if isinstance(inputs, (tuple, list))
                else (dict if isinstance(inputs, Mapping) else object)
            )
            self.widths = Lengths(*map(max, self.widths, batch_lengths(name_inputs(inputs))))
            yield from examples_of(inputs)

    def _named(self, rows: Iterable[Example], inputs: tuple[str, ...]) -> Iterator[Example]:
        if len(inputs) > 1:
            yield from ({name: row[name] for name in inputs if name in row} for row in rows)
            return
        # The ids alone.
        self.form = object
        yield from ({"ids": row[inputs[0]]} for row in rows)

    def _encoded(self, texts: list[str] | list[Pair]) -> Iterator[Example]:
        encoder = encoder_of(self._teacher)
        if encoder is None:
            yield from map(name_texts, texts)
            return
        for row in encode_rows(encoder, texts):
            # Those of a single text are called as where a dataset gives the ids alone.
            names = row if len(row) > 1 else ("ids",)
            values = (np.array(each, "int32") for each in row.values())
            yield dict(zip(names, values, strict=True))


def _plain_array(values: Any) -> np.ndarray:
    """Return an array of a row in the type in which rows on disk have it."""
    array = np.asarray(values)
    if array.dtype == BYTES:
        return array
    return array.astype("float32" if array.dtype.kind == "f" else "int32")


def as_inputs(form: type, inputs: Mapping[str, Any]) -> Any:
    """Return inputs by name in the form in which the dataset gave them."""
    if form is object:
        return next(iter(inputs.values()))
    return inputs if form is dict else form(inputs[f"x{i}"] for i in range(len(inputs)))


def _batches(dataset: Any) -> Iterator[Any]:
    """Yield batches of `x`, from `x`, `(x, y)`, ... in a dataset, arrays, or a list of texts."""
    if isinstance(dataset, Mapping) or hasattr(dataset, "shape"):
        for start in range(0, _size(dataset), CHUNK):
            yield _map(operator.itemgetter(slice(start, start + CHUNK)), dataset)
        return
    stream = iter(dataset)
    first = next(stream, None)
    rest: Iterable = itertools.chain([] if first is None else [first], stream)
    if _is_text(first):
        while chunk := list(itertools.islice(rest, CHUNK)):
            yield chunk
        return
    for element in rest:
        x, *labels = element if isinstance(element, (tuple, list)) else (element,)
        x = _map(np.asarray, x)
        _refuse_single(x, labels)
        yield x


def _map(function: Callable[[Any], Any], x: Any) -> Any:
    """Apply `function` to every array of a nested structure."""
    if isinstance(x, Mapping):
        return {name: _map(function, part) for name, part in x.items()}
    if isinstance(x, (tuple, list)):
        return type(x)(_map(function, part) for part in x)
    return function(x)


def _size(x: Any) -> int:
    """Return how many examples arrays hold."""
    while isinstance(x, Mapping):
        x = next(iter(x.values()))
    return len(x)


def _refuse_single(x: Any, labels: list) -> None:
    """Refuse an example without a batch around it, whose numbers would be taken for examples."""
    inputs = split_by_model(x).teacher
    least = [len(array.shape) for array in labels if hasattr(array, "shape")]
    if isinstance(inputs, np.ndarray):
        least.append(inputs.ndim - (inputs.dtype.kind not in "SUO"))
    elif isinstance(inputs, Mapping):
        least += [np.ndim(array) - (name in (*IDS, *MASKS)) for name, array in inputs.items()]
    if min(least, default=1) < 1:
        raise UserError(
            "a store takes batches and this dataset gives single examples: write "
            "dataset.batch(32) before."
        )


def _need_ids(inputs: Any) -> None:
    arrays = inputs.values() if isinstance(inputs, Mapping) else [inputs]
    if any(np.asarray(array).dtype.kind in "SUO" for array in arrays):
        raise UserError(
            "this teacher reads ids through its tokenizer and the dataset gives tensors of texts: "
            "give a list of texts, or batches of ids."
        )


def _is_texts(batch: Any) -> bool:
    return isinstance(batch, list) and bool(batch) and _is_text(batch[0])


def _is_text(value: Any) -> bool:
    """Return whether a value is a text, or a pair of texts."""
    if isinstance(value, tuple) and len(value) == 2:
        return all(isinstance(each, str) for each in value)
    return isinstance(value, str)


def _take(stream: Iterator[Example]) -> list[Example]:
    return list(itertools.islice(stream, CHUNK))


def _count(dataset: Any) -> int | None:
    if isinstance(dataset, (Encoded, np.ndarray)):
        return len(dataset)
    if hasattr(dataset, "examples"):
        return dataset.examples
    if isinstance(dataset, Mapping):
        return _size(dataset) if dataset else 0
    if isinstance(dataset, (list, tuple)) and dataset and _is_text(dataset[0]):
        return len(dataset)
    return None
