"""What an exported file is checked on: batches of real or random inputs, with their examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..data import Example, Schema
from ..errors import UserError
from ..runtime.row_feeding import RowFeeder
from ..tasks import Arrays, Task
from ..text import NoTexts, TextEncoder, reads_texts
from ..text.affixes import AFFIXES, values_read
from ..text.batching import micro_batches, take_row
from ..text.words import FILLS, WORD_ENDS
from .calling import Inputs

SENTENCES = (
    "A film I will not forget.",
    "Two hours of my life that nobody gives back.",
    "The actors are good, the story is not, and the ending saves nothing.",
    "Not bad at all!",
    "no",
    "7/10 - could have been shorter ...",
    "这家酒店的房间很干净，服务也不错。",
    "It begins slowly, and then it never lets you go. " * 40,
)
IDS = "input_ids"
_MOST = 32
_RANDOM = 32


@dataclass(frozen=True)
class TaskContext:
    """What is around a model: its tokenizer, the task that it is for, and what that fixed.

    Attributes:
        encoder: The tokenizer, of a student that reads text.
        task: The task; None compares logits alone.
        schema: Class names, and the task's settings.
        form: What logits are: "multiclass", "binary" (one logit of two classes), "multilabel" or
            "regression".
    """

    encoder: TextEncoder | NoTexts | None = None
    task: Task | None = None
    schema: Schema = field(default_factory=Schema)
    form: str = "multiclass"

    @property
    def reads_texts(self) -> bool:
        """Whether the student reads texts, by a tokenizer."""
        return self.encoder is not None and reads_texts(self.encoder)

    @property
    def binary(self) -> bool:
        """Whether outputs are one logit for two classes."""
        return self.form == "binary"

    def form_of(self, output: str) -> str:
        """Return what an output is: of several heads, each is what its task says."""
        heads = self.task is not None and self.task.heads
        return self.task.form_of(output) if self.task is not None and heads else self.form

    def encode(self, examples: Sequence[Example]) -> list[list[Arrays]]:
        """Return the rows of each example."""
        assert self.encoder is not None
        if self.task is not None:
            return self.task.encode(examples, self.encoder, self.schema)
        texts = [next(iter(example.values())) for example in examples]
        return [[{IDS: ids}] for ids in self.encoder.encode_many(texts)]

    def sources(self, inputs: Inputs) -> dict[str, str]:
        """Return for each input of a model the name of the value of a row that it reads."""
        sources = (IDS,) if self.task is None else values_read(self.task.inputs, len(inputs))
        names = inputs if set(sources) == set(inputs) else sources
        return dict(zip(inputs, names, strict=True))

    def feeder(self, inputs: Inputs) -> RowFeeder:
        """Return what makes arrays for a model with `inputs` of rows."""
        assert self.encoder is not None
        encoder = self.encoder
        return RowFeeder(self.sources(inputs), inputs, encoder.max_length, encoder.pad_id)


@dataclass(frozen=True)
class CheckData:
    """What to check on: examples, arrays with or without labels, or neither for random inputs.

    Attributes:
        examples: Examples of a task.
        arrays: Arrays by the names of the inputs; in their order where `by_place`.
        by_place: Whether the keys of `arrays` are no names.
        labels: The class of each row (or of each position), -1 where there is none.
    """

    examples: tuple[Example, ...] = ()
    arrays: dict[str, np.ndarray] | None = None
    by_place: bool = False
    labels: np.ndarray | None = None

    @property
    def first(self) -> Any:
        """The arrays as a model is called with them, by which a subclassed one is judged."""
        if not self.by_place or self.arrays is None:
            return self.arrays
        arrays = list(self.arrays.values())
        return arrays if len(arrays) > 1 else arrays[0]

    def sample(self, count: int, seed: int) -> CheckData:
        """Return at most `count` of the examples or of the rows, drawn by `seed`."""
        arrays = self.arrays or {}
        size = len(self.examples) or len(next(iter(arrays.values()), ()))
        rows = np.random.default_rng(seed).permutation(size)[:count]
        if self.examples:
            return CheckData(tuple(self.examples[row] for row in rows))
        return replace(
            self, arrays={name: array[rows] for name, array in arrays.items()}, labels=None
        )


@dataclass(frozen=True)
class Checks:
    """Batches of inputs by name and, where they are examples of a task, how they belong together.

    Attributes:
        batches: Arrays by input name.
        context: The task around the model.
        examples: The examples.
        rows: The rows of each example.
        order: The place of each row of the batches among all rows.
        feeder: What made the batches of the rows.
        labels: The class of each row of each batch of arrays, empty where there are none.
    """

    batches: list[dict[str, np.ndarray]]
    context: TaskContext = field(default_factory=TaskContext)
    examples: Sequence[Example] = ()
    rows: Sequence[list[Arrays]] = ()
    order: np.ndarray = field(default_factory=lambda: np.zeros(0, int))
    feeder: RowFeeder | None = None
    labels: Sequence[np.ndarray] = ()

    @property
    def count(self) -> int:
        """The number of examples."""
        return len(self.examples) or sum(len(next(iter(x.values()))) for x in self.batches)

    @property
    def example_of_row(self) -> np.ndarray:
        """The place of the example of each row."""
        return np.repeat(np.arange(len(self.rows)), [len(rows) for rows in self.rows])

    def by_row(self, outputs: Sequence[Mapping[str, np.ndarray]]) -> list[Arrays]:
        """Return the outputs of batches as one dict for each row, in the order of the rows.

        Those of padding are left out.
        """
        assert self.feeder is not None
        assert self.context.task is not None
        shapes = self.context.task.output_shapes(self.context.schema)
        flat = [row for rows in self.rows for row in rows]
        answers: list[Arrays] = [{} for _ in flat]
        places = iter(self.order)
        for batch in outputs:
            for at in range(len(next(iter(batch.values())))):
                place = next(places)
                units = self.feeder.units_of(flat[place])
                answers[place] = take_row(batch, at, shapes, units)
        return answers


def checks_of_rows(
    rows: Sequence[list[Arrays]],
    context: TaskContext,
    inputs: Inputs,
    at_once: int = _MOST,
    examples: Sequence[Example] = (),
) -> Checks:
    """Return the rows of examples in batches, the shortest rows first."""
    feeder = context.feeder(inputs)
    flat = [row for rows_of_one in rows for row in rows_of_one]
    lengths = [range(feeder.length_of(row)) for row in flat]
    order = list(micro_batches(lengths, feeder.batch or at_once))
    batches = [feeder([flat[place] for place in places]) for places in order]
    return Checks(
        batches,
        context,
        examples=examples,
        rows=rows,
        order=np.concatenate(order),
        feeder=feeder,
    )


def checks_of(
    data: CheckData, context: TaskContext, inputs: Inputs, vocabulary: int, at_once: int = _MOST
) -> Checks:
    """Return the batches for a model.

    Args:
        data: What to check on.
        context: The task around the model.
        inputs: Shape and dtype of the model's inputs by name.
        vocabulary: A bound of random ids.
        at_once: Rows of a batch whose size the model does not fix.

    Raises:
        UserError: Arrays of other names than the model's inputs.
    """
    if data.examples:
        rows = context.encode(data.examples)
        return checks_of_rows(rows, context, inputs, at_once, data.examples)
    arrays = data.arrays or _random(inputs, vocabulary)
    if data.by_place and len(arrays) == len(inputs):
        arrays = dict(zip(inputs, arrays.values(), strict=True))
    if set(arrays) != set(inputs):
        came = f"{len(arrays)} arrays" if data.by_place else ", ".join(arrays)
        raise UserError(
            f"`check` holds {came}; the model takes {', '.join(inputs)}: give one array for each."
        )
    batch = next(iter(inputs.values()))[0][0] or at_once
    typed = {name: np.asarray(arrays[name], inputs[name][1]) for name in inputs}
    starts = range(0, len(next(iter(typed.values()))), batch)
    places = [slice(start, start + batch) for start in starts]
    batches = [{name: array[place] for name, array in typed.items()} for place in places]
    labels = [] if data.labels is None else [data.labels[place] for place in places]
    return Checks(batches, context, labels=labels)


def _random(inputs: Inputs, vocabulary: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    arrays = {}
    for name, (shape, dtype) in inputs.items():
        size = (_RANDOM, *(axis or 16 for axis in shape[1:]))
        if np.issubdtype(np.dtype(dtype), np.floating):
            arrays[name] = rng.normal(size=size).astype(dtype)
        elif name in AFFIXES:
            arrays[name] = rng.integers(1, AFFIXES[name] + 1, size).astype(dtype)
        elif name in FILLS:
            # Each token is a word.
            places = np.arange(size[1]) + int(name == WORD_ENDS)
            arrays[name] = np.broadcast_to(places, size).astype(dtype)
        elif "mask" in name or dtype == "bool":
            arrays[name] = np.ones(size, dtype)
        else:
            arrays[name] = rng.integers(0, vocabulary, size).astype(dtype)
    return arrays
