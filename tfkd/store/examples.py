"""The examples of whatever a user calls a dataset, one by one, without their labels or padding."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from ..data.encoded import Encoded
from ..errors import UserError
from ..models.input_names import IDS, MASKS
from ..models.text_model import TextModel
from ..training.batches import split
from .keys import Example, examples_of, named, width_of

CHUNK = 1_024  # examples looked at together


class Source:
    """A dataset that can be gone through: `count` is `None` where it does not say how long it is.

    Takes a `tf.data.Dataset` or a list of batches as for `fit`, arrays, texts (for a teacher with
    a tokenizer), or a function that returns an iterator of one of these.
    """

    def __init__(self, dataset, teacher=None):
        self._dataset, self._teacher = dataset, teacher
        self.count = _count(dataset)
        self.form: type = dict  # how the teacher gets its inputs
        self.width = 0  # of the widest batch so far, as it is padded

    def chunks(self) -> Iterator[list[Example]]:
        """Lists of examples; the next one is made while the last one is worked on."""
        stream = self._examples()
        with ThreadPoolExecutor(1) as pool:
            coming = pool.submit(_take, stream)
            while chunk := coming.result():
                coming = pool.submit(_take, stream)
                yield chunk

    def _examples(self) -> Iterator[Example]:
        dataset = self._dataset() if callable(self._dataset) else self._dataset
        if isinstance(dataset, Encoded):
            self.form = object  # the ids alone
            for row in range(len(dataset)):
                yield {"ids": dataset.row(row)}
            return
        for batch in _batches(dataset):
            if _is_texts(batch):
                yield from self._encoded(list(batch))
                continue
            inputs = split(batch).teacher
            if isinstance(self._teacher, TextModel):
                _need_ids(inputs)
            self.form = (
                type(inputs)
                if isinstance(inputs, (tuple, list))
                else (dict if isinstance(inputs, Mapping) else object)
            )
            self.width = max(self.width, width_of(named(inputs)))
            yield from examples_of(inputs)

    def _encoded(self, texts: list[str]) -> Iterator[Example]:
        if not isinstance(self._teacher, TextModel):
            yield from ({"text": text} for text in texts)
            return
        for ids in self._teacher.encoder.encode_many(texts):
            yield {"ids": np.array(ids, "int32")}


def as_inputs(form: type, inputs: Mapping[str, Any]):
    """Inputs by name in the form in which the dataset gave them."""
    if form is object:
        return next(iter(inputs.values()))
    return inputs if form is dict else form(inputs[f"x{i}"] for i in range(len(inputs)))


def _batches(dataset) -> Iterator[Any]:
    """Batches of `x`, from `x`, `(x, y)`, ... in a dataset, in arrays, or in a list of texts."""
    if isinstance(dataset, Mapping) or hasattr(dataset, "shape"):
        for start in range(0, _size(dataset), CHUNK):
            yield _each(lambda array, at=start: array[at : at + CHUNK], dataset)
        return
    stream = iter(dataset)
    first = next(stream, None)
    rest: Iterable = itertools.chain([] if first is None else [first], stream)
    if isinstance(first, str):
        while chunk := list(itertools.islice(rest, CHUNK)):
            yield chunk
        return
    for element in rest:
        x, *labels = element if isinstance(element, (tuple, list)) else (element,)
        x = _each(np.asarray, x)
        _refuse_single(x, labels)
        yield x


def _each(function, x):
    """A structure of `function(array)`."""
    if isinstance(x, Mapping):
        return {name: _each(function, each) for name, each in x.items()}
    if isinstance(x, (tuple, list)):
        return type(x)(_each(function, each) for each in x)
    return function(x)


def _size(x) -> int:
    """How many examples arrays hold."""
    while isinstance(x, Mapping):
        x = next(iter(x.values()))
    return len(x)


def _refuse_single(x, labels: list) -> None:
    """Refuse an example without a batch around it, whose numbers would be taken for examples."""
    inputs = split(x).teacher
    least = [len(each.shape) for each in labels if hasattr(each, "shape")]
    if isinstance(inputs, np.ndarray):
        least.append(inputs.ndim - (inputs.dtype.kind not in "SUO"))
    elif isinstance(inputs, Mapping):
        least += [np.ndim(each) - (name in (*IDS, *MASKS)) for name, each in inputs.items()]
    if min(least, default=1) < 1:
        raise UserError(
            "a store takes batches and this dataset gives single examples: write "
            "dataset.batch(32) before."
        )


def _need_ids(inputs) -> None:
    found = inputs.values() if isinstance(inputs, Mapping) else [inputs]
    if any(np.asarray(each).dtype.kind in "SUO" for each in found):
        raise UserError(
            "this teacher reads ids through its tokenizer and the dataset gives tensors of texts: "
            "give a list of texts, or batches of ids."
        )


def _is_texts(batch) -> bool:
    return isinstance(batch, list) and bool(batch) and isinstance(batch[0], str)


def _take(stream: Iterator[Example]) -> list[Example]:
    return list(itertools.islice(stream, CHUNK))


def _count(dataset) -> int | None:
    if hasattr(dataset, "examples"):
        return dataset.examples
    if isinstance(dataset, (Encoded, np.ndarray)):
        return len(dataset)
    if isinstance(dataset, Mapping):
        return _size(dataset) if dataset else 0
    if isinstance(dataset, (list, tuple)) and dataset and isinstance(dataset[0], str):
        return len(dataset)
    return None
