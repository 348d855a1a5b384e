"""Run a teacher over examples of many lengths: similar ones together, padding cut off."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from ..errors import UserError
from ..models.input_names import DECODER_IDS, IDS
from ..text import padding_of
from ..text.batching import by_length
from ..text.words import FILLS
from . import precision as precision_of
from .keys import Example
from .manifest import AXES, LENGTH, TARGET, WORDS, Output
from .padding_axes import Axes, narrow, probe_axes
from .row_lengths import Lengths, padded_lengths, ragged_inputs, real_lengths
from .teacher_function import Arrays, as_function

FIXED = 64  # examples without tokens in one batch
PROBES = 4  # examples that are run with more padding and with less
STEP = 8  # tokens or words; a new shape costs TensorFlow more than a little padding
# Examples, and tokens or words, for LiteRT, which plans again for every shape.
FEW, LONG_STEP = 4, 32


class Computer:
    """Run a teacher over examples: `[{name: array without padding}]`, in their order.

    Two padded lengths of one example tell which axes count tokens, and two others which count
    words, or the tokens of a text that is written. A teacher whose output depends on the padding,
    or that takes one length only, gets every batch in the length of the dataset: `widths`, or that
    of the sample where it is longer.

    Args:
        teacher: Anything that `Distiller` takes, or a model with its tokenizer.
        reads: The outputs to compute.
        form: How the teacher gets its inputs: `dict`, `tuple`, `list`, or `object` for one array.
        sample: Examples to try the teacher on.
        widths: The padded lengths of the dataset.
    """

    def __init__(
        self,
        teacher: Any,
        reads: tuple[str, ...],
        form: type,
        sample: list[Example],
        *,
        widths: Lengths = Lengths(),  # noqa: B008 (a tuple)
    ) -> None:
        self._run = as_function(teacher, reads, form, sample)
        self.reads, self._teacher, self._form = reads, teacher, form
        pad_id = padding_of(teacher)
        self._fills = {**dict.fromkeys((*IDS, *DECODER_IDS), pad_id), **FILLS}
        # What each input counts that is as long as its text.
        self._counts = ragged_inputs(sample)
        known = [widths.of(axis) * (axis in self._counts.values()) for axis in AXES]
        full = [padded_lengths(example, self._counts) for example in sample]
        self.widths = Lengths(*map(max, known, *full))
        # The axes whose padded length is that of the dataset.
        self._fixed, self._few = set(AXES), 0
        self.axes: dict[str, Axes] = {}
        for counts in AXES:
            axes = self._probe_all(sample, counts)
            if axes is not None:
                self.axes[counts] = axes
                self._fixed.remove(counts)

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

    def lengths(self, example: Example) -> Lengths:
        """Return how many tokens and words an example has, as it is run and stored."""
        real = real_lengths(example, self._counts, self._fills)
        full = padded_lengths(example, self._counts)
        return Lengths(
            *(
                max(self.widths.of(axis), full.of(axis)) if axis in self._fixed else real.of(axis)
                for axis in AXES
            )
        )

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
        lengths = np.array([self.lengths(each) for each in examples], "int64").reshape(
            -1, len(AXES)
        )
        out: list[Arrays] = [{}] * len(examples)
        for rows in self._batches(_tokens(lengths)):
            batch = [examples[row] for row in rows]
            # All to one size, where a new shape costs much.
            batch += batch[:1] * (self._few - len(rows))
            arrays = self._by_name(self._run(self._pad(batch, self._widths(lengths[rows]))))
            if self._few:
                arrays = {name: array[: len(rows)] for name, array in arrays.items()}
            _check(arrays, batch[: len(rows)])
            for i, row in enumerate(rows):
                out[row] = {
                    name: self._narrow(name, array[i], Lengths(*lengths[row].tolist()))
                    for name, array in arrays.items()
                }
            advance(len(rows))
        return out

    def _batches(self, lengths: np.ndarray) -> Iterator[np.ndarray]:
        if _tokens(np.array([self.widths]))[0] and not self._few:
            return by_length(lengths)
        rows, size = np.argsort(-lengths, kind="stable"), self._few or FIXED
        return (rows[i : i + size] for i in range(0, len(rows), size))

    def _narrow(self, name: str, array: np.ndarray, lengths: Lengths) -> np.ndarray:
        for counts, axes in self.axes.items():
            array = narrow(array, axes.get(name, ()), lengths.of(counts))
        return array

    def _widths(self, lengths: np.ndarray) -> Lengths:
        """Return the lengths to pad to: some of a few, and none that the model may not read."""
        tokens, words, target = (max(1, int(longest)) for longest in lengths.max(axis=0))
        step = LONG_STEP if self._few else STEP
        if LENGTH not in self._fixed:
            tokens = min(-(-tokens // step) * step, max(tokens, self.widths.tokens))
        if TARGET not in self._fixed:
            target = min(-(-target // step) * step, max(target, self.widths.target))
        words = words if WORDS in self._fixed else -(-words // step) * step
        return Lengths(tokens, words, target)

    def _probe_all(self, sample: list[Example], counts: str) -> Axes | None:
        """Return which axes of each output count this; `None` if padding changes an output."""
        if counts not in self._counts.values():
            return None
        known: Axes | None = None
        for example in sample[:: -(-len(sample) // PROBES)]:
            real = real_lengths(example, self._counts, self._fills)
            full = self.lengths(example)
            tokens, words, target = ((real if axis == counts else full).of(axis) for axis in AXES)
            lengths = Lengths(tokens, max(1, words), target)
            axes = probe_axes(self._run_one, example, lengths, counts)
            if axes is None or axes != (known or axes):
                return None
            known = axes
        return known

    def _run_one(self, example: Example, lengths: Lengths) -> Arrays:
        return self._by_name(self._run(self._pad([example], lengths)))

    def _pad(self, batch: list[Example], widths: Lengths) -> Arrays:
        padded = {}
        for name, first in batch[0].items():
            rows = [np.asarray(example[name]) for example in batch]
            if name in self._counts:
                width = widths.of(self._counts[name])
                shape = (len(rows), width, *first.shape[1:])
                padded[name] = np.full(shape, self._fills.get(name, 0), first.dtype)
                for i, row in enumerate(rows):
                    padded[name][i, : len(row)] = row[:width]
            else:
                padded[name] = np.stack(rows)
        return padded

    def _shape(self, name: str, array: np.ndarray) -> tuple[int | str, ...]:
        marks = {i: counts for counts, axes in self.axes.items() for i in axes.get(name, ())}
        return tuple(marks.get(i, size) for i, size in enumerate(array.shape))

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


def _tokens(lengths: np.ndarray) -> np.ndarray:
    """Return how many tokens examples of some lengths have: those read, and those written."""
    return lengths[:, AXES.index(LENGTH)] + lengths[:, AXES.index(TARGET)]


def _array(value: Any) -> np.ndarray:
    array = np.asarray(value)
    return array if array.dtype.kind == "f" and array.dtype.itemsize > 1 else array.astype("f4")


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
