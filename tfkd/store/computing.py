"""Run a teacher over examples of many lengths: similar ones together, padding cut off."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from ..errors import UserError
from ..models.input_names import IDS
from ..text import padding_of
from ..text.batching import by_length
from . import precision as precision_of
from .keys import Example, count_tokens
from .manifest import LENGTH, Output
from .teacher_function import Arrays, as_function, token_inputs

INVARIANT = 1e-3  # how much padding may move an output
FIXED = 64  # examples without tokens in one batch
PROBES = 4  # examples that are run with more padding and with less
STEP = 8  # tokens; a new shape costs TensorFlow more than a little padding
# Examples and tokens for LiteRT, which plans again for every shape.
FEW, LONG_STEP = 4, 32


class Computer:
    """Run a teacher over examples: `[{name: array without padding}]`, in their order.

    Two padded lengths of one example tell which axes count tokens. A teacher whose output depends
    on the padding, or that takes one length only, gets every batch in the length of the dataset:
    `width`, or that of the sample where it is longer.

    Args:
        teacher: Anything that `Distiller` takes, or a model with its tokenizer.
        reads: The outputs to compute.
        form: How the teacher gets its inputs: `dict`, `tuple`, `list`, or `object` for one array.
        sample: Examples to try the teacher on.
        width: The padded length of the dataset.
    """

    def __init__(
        self,
        teacher: Any,
        reads: tuple[str, ...],
        form: type,
        sample: list[Example],
        *,
        width: int = 0,
    ) -> None:
        self._run = as_function(teacher, reads, form, sample)
        self.reads, self._teacher, self._form = reads, teacher, form
        self._pad_id = padding_of(teacher)
        self._tokens = token_inputs(sample)
        self.width = max(width if self._tokens else 0, *map(self._full, sample))
        self._fixed, self._few = True, 0
        axes = self._probe_all(sample)
        self.axes, self._fixed = axes or {}, axes is None

    def lower(self, precision: str, sample: list[Example]) -> float:
        """Run the teacher in a lower precision from now on; return how far its outputs move.

        Raises:
            UserError: They move further than the limit, or the teacher has no such form.
        """
        before, exact = self._run, self(sample)
        self._run = precision_of.with_precision(
            precision,
            self._teacher,
            self.reads,
            lambda lowered: as_function(lowered, self.reads, self._form, sample),
        )
        self._few = FEW if precision == "int8" else 0
        try:
            return precision_of.check_moved(precision, self(sample), exact)
        except UserError:
            self._run, self._few = before, 0
            raise

    def length(self, example: Example) -> int:
        """Return how many tokens an example has, as it is run and stored."""
        return max(self.width, self._full(example)) if self._fixed else self._real(example)

    def outputs(self, examples: list[Example]) -> dict[str, Output]:
        """Return the names and shapes of what is computed, in the teacher's own dtype."""
        return {
            name: Output(str(array.dtype), self._shape(name, array))
            for name, array in self(examples[:1])[0].items()
        }

    def __call__(
        self, examples: list[Example], advance: Callable[[int], None] = lambda done: None
    ) -> list[Arrays]:
        """Compute the outputs of each example; `advance` is called with the number just done."""
        lengths = np.array([self.length(example) for example in examples], "int64")
        out: list[Arrays] = [{}] * len(examples)
        for rows in self._batches(lengths):
            batch = [examples[row] for row in rows]
            # All to one size, where a new shape costs much.
            batch += batch[:1] * (self._few - len(rows))
            width = self._width(int(lengths[rows].max()))
            arrays = self._by_name(self._run(self._pad(batch, width)))
            if self._few:
                arrays = {name: array[: len(rows)] for name, array in arrays.items()}
            _check(arrays, batch[: len(rows)])
            for i, row in enumerate(rows):
                out[row] = {
                    name: _narrow(array[i], self.axes.get(name, ()), int(lengths[row]))
                    for name, array in arrays.items()
                }
            advance(len(rows))
        return out

    def _batches(self, lengths: np.ndarray) -> Iterator[np.ndarray]:
        if self.width and not self._few:
            return by_length(lengths)
        rows, size = np.argsort(-lengths, kind="stable"), self._few or FIXED
        return (rows[i : i + size] for i in range(0, len(rows), size))

    def _width(self, longest: int) -> int:
        """Return the length to pad to: one of a few, and none that the model may not read."""
        if self._fixed:
            return longest
        step = LONG_STEP if self._few else STEP
        return min(-(-longest // step) * step, max(longest, self.width))

    def _probe_all(self, sample: list[Example]) -> dict[str, tuple[int, ...]] | None:
        """Return the token axes of each output; `None` where padding changes outputs."""
        if not self._tokens:
            return None
        known: dict[str, tuple[int, ...]] | None = None
        for example in sample[:: -(-len(sample) // PROBES)]:
            axes = self._probe(example)
            if axes is None or axes != (known or axes):
                return None
            known = axes
        return known

    def _probe(self, example: Example) -> dict[str, tuple[int, ...]] | None:
        length = self._real(example)
        try:
            short, long = (
                self._by_name(self._run(self._pad([example], length + extra))) for extra in (0, 8)
            )
        # A model of one length says so in its own way.
        except Exception:
            return None
        axes = {}
        for name, one in short.items():
            two = long[name]
            axes[name] = tuple(
                i - 1 for i, (a, b) in enumerate(zip(one.shape, two.shape, strict=True)) if a != b
            )
            # An axis that is not as long as the text is of something else than its tokens.
            if any(one.shape[i + 1] != length for i in axes[name]):
                return None
            if not _same(one[0], _narrow(two[0], axes[name], length)):
                return None
        return axes

    def _pad(self, batch: list[Example], width: int) -> Arrays:
        padded = {}
        for name, first in batch[0].items():
            rows = [np.asarray(example[name]) for example in batch]
            if name in self._tokens:
                shape = (len(rows), width, *first.shape[1:])
                padded[name] = np.full(shape, self._fill(name), first.dtype)
                for i, row in enumerate(rows):
                    padded[name][i, : len(row)] = row[:width]
            else:
                padded[name] = np.stack(rows)
        return padded

    def _fill(self, name: str) -> int:
        return self._pad_id if name in IDS else 0

    def _shape(self, name: str, array: np.ndarray) -> tuple[int | str, ...]:
        axes = self.axes.get(name, ())
        return tuple(LENGTH if i in axes else size for i, size in enumerate(array.shape))

    def _full(self, example: Example) -> int:
        return max((len(example[name]) for name in self._tokens), default=0)

    def _real(self, example: Example) -> int:
        ends = [
            count_tokens(example[name], self._fill(name))
            for name in self._tokens
            if np.ndim(example[name]) == 1
        ]
        return max([1, *ends])

    def _by_name(self, outputs: Mapping[str, Any]) -> Arrays:
        """Name each tensor that the objective reads: those of a tuple `name.0`, `name.1`."""
        arrays: Arrays = {}
        for name in self.reads:
            value = outputs.get(name)
            if value is None:
                raise UserError(
                    f"the teacher returned {', '.join(map(repr, outputs))} and not {name!r}: "
                    "return it, or leave it out of reads."
                )
            if isinstance(value, (tuple, list)):
                arrays |= {f"{name}.{i}": _array(part) for i, part in enumerate(value)}
            else:
                arrays[name] = _array(value)
        return arrays


def _array(value: Any) -> np.ndarray:
    array = np.asarray(value)
    return array if array.dtype.kind == "f" and array.dtype.itemsize > 1 else array.astype("f4")


def _narrow(array: np.ndarray, axes: tuple[int, ...], length: int) -> np.ndarray:
    for axis in axes:
        array = array.take(range(length), axis=axis)
    return array


def _same(one: np.ndarray, two: np.ndarray) -> bool:
    one, two = one.astype("float32"), two.astype("float32")
    scale = np.abs(one[np.isfinite(one)]).max(initial=1e-3)
    return bool(np.allclose(one, two, rtol=0, atol=INVARIANT * scale, equal_nan=True))


def _check(outputs: Arrays, batch: list[Example]) -> None:
    """Refuse NaN and +inf, naming the example."""
    for name, array in outputs.items():
        if len(array) != len(batch):
            raise UserError(
                f"the teacher returned {name} {list(array.shape)} for {len(batch)} examples: the "
                "first axis must be the batch."
            )
        values = array.reshape(len(batch), -1)
        bad = np.flatnonzero((np.isnan(values) | (values == np.inf)).any(1))
        if len(bad):
            raise UserError(
                f"the teacher returned NaN or +inf in {name!r} for {len(bad)} of {len(batch)} "
                f"examples, first for {_excerpt(batch[bad[0]])}: nothing of them was stored; look "
                "at the teacher's weights and at these inputs."
            )


def _excerpt(example: Example) -> str:
    """Format the beginning of an example, for a message."""
    parts = (f"{name} {np.array2string(np.ravel(a)[:8])}" for name, a in example.items())
    return textwrap.shorten(", ".join(parts), 160, placeholder=" ...")
