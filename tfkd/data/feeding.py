"""Batches of encoded examples: their order is a function of the seed and the step, nothing else.

So a run that was interrupted goes on with the batches that it would have had.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import UserError
from ..text.batching import bucket_by_length, pad_to_multiple
from ..text.words import NO_CELL
from .encoded import LABELS, Encoded
from .examples import IGNORE
from .generated import AHEAD, make_dataset
from .same_rows import check_same_rows


@dataclass
class Feed:
    """Shuffled batches of similar length for `fit`, `steps` in each epoch.

    Where `steps` is not a whole pass, an epoch goes on where the last one ended; each pass over
    the rows has an order of its own. Where losses compare the rows of one example, as a task says
    by `keeps_rows_together`, a batch and each replica's share of it hold whole examples.

    Args:
        encoded: The rows, as the student reads them.
        batch_size: Rows in a batch; examples, where their rows stay together.
        seed: Of the order.
        steps: Batches in an epoch; 0 for one pass.
        targets: The teacher's stored outputs, which travel with the batch: an array of logits
            `[rows, ..., classes]`, or what gives the outputs of rows by name and, in `shapes`, the
            shape of each for one row, with `None` for the number of words or tokens.
        only: The positions of the rows that count; by default all.
        epoch: The epoch that is read next.
        teacher: The same rows as a teacher reads them that runs in every step.
        reread: Returns the inputs of some rows by name as they are read in a pass, from their
            positions and the number of the pass; by default each pass reads the rows as they are.
            Labels and targets stay those of the rows.

    Raises:
        UserError: No rows to train on, targets for another number of rows, or a teacher that reads
            other rows.
    """

    encoded: Encoded
    batch_size: int
    seed: int
    steps: int = 0
    targets: Any = None
    only: np.ndarray | None = None
    epoch: int = 0
    teacher: Encoded | None = None
    reread: Callable[[np.ndarray, int], dict[str, np.ndarray]] | None = None

    def __post_init__(self) -> None:
        count = len(self.encoded)
        rows = np.arange(count) if self.only is None else np.asarray(self.only, int)
        # What is shuffled: rows, or examples.
        self._positions = self.encoded.examples_of(rows) if self.encoded.together else rows
        self.per_pass = -(-len(self._positions) // self.batch_size)
        if self.steps and not self.per_pass:
            raise UserError("there is no text to train on: none of the texts has a label.")
        if self.targets is not None and len(self.targets) != count:
            raise UserError(f"there are {len(self.targets)} targets for {count} texts.")
        if self.teacher is not None:
            check_same_rows(self.encoded, self.teacher)
        self.steps = self.steps or self.per_pass

    def rows(self, epoch: int) -> Iterator[np.ndarray]:
        """Yield the positions of the rows of each batch of one epoch."""
        for drawn, _ in self._drawn(epoch):
            yield self._rows_of(drawn)

    def _rows_of(self, drawn: np.ndarray) -> np.ndarray:
        """Return the rows of what was drawn, those of an example beside each other."""
        if not self.encoded.together:
            return drawn
        rows = [np.array(self.encoded.rows_of(int(example)), int) for example in drawn]
        return np.concatenate(rows) if rows else drawn

    def _drawn(self, epoch: int) -> Iterator[tuple[np.ndarray, int]]:
        """Yield the positions of what is in each batch of one epoch, and the number of the pass."""
        order: list[np.ndarray] = []
        current = -1
        for step in range(epoch * self.steps, (epoch + 1) * self.steps):
            if step // self.per_pass != current:
                current = step // self.per_pass
                lengths = self._lengths()
                order = bucket_by_length(lengths, self.batch_size, (self.seed, current))
            yield self._positions[order[step % self.per_pass]], current

    def _lengths(self) -> np.ndarray:
        """Return the length of each row, or of the longest row of each example."""
        if not self.encoded.together:
            return self.encoded.lengths[self._positions]
        longest = np.maximum.reduceat(self.encoded.lengths, self.encoded.first_rows())
        return longest[self._positions]

    def batches(self) -> Iterator[tuple[dict[str, Any], Any]]:
        """Yield `({"student": ids, "targets": ...}, labels)` for each step of this epoch."""
        for drawn, number in self._drawn(self.epoch):
            yield self._batch(self._rows_of(drawn), number)

    def _batch(self, rows: np.ndarray, number: int) -> tuple[dict[str, Any], Any]:
        read = self.encoded.batch(rows) if self.reread is None else self.reread(rows, number)
        inputs: dict[str, Any] = {"student": _inputs(self.encoded, read)}
        if self.teacher is not None:
            inputs["teacher"] = _inputs(self.teacher, self.teacher.batch(rows))
        if self.targets is not None:
            stored = self.targets[rows]
            by_name = stored if isinstance(stored, Mapping) else {"logits": stored}
            shapes = self._target_shapes()
            inputs["targets"] = {
                name: _pad_target(np.asarray(array, "float32"), shapes[name])
                for name, array in by_name.items()
            }
        if self.encoded.heads:
            by_head = self.encoded.labels_by_head(rows)
            return inputs, {h: self._pad_labels(a, f"{LABELS}.{h}") for h, a in by_head.items()}
        return inputs, self._pad_labels(self.encoded.labels_of(rows), LABELS)

    def _pad_labels(self, labels: np.ndarray, name: str) -> np.ndarray:
        ragged = labels.ndim > 1 and self.encoded.is_ragged(name)
        return pad_to_multiple(labels, IGNORE) if ragged else labels

    def _target_shapes(self) -> Mapping[str, tuple[int | None, ...]]:
        shapes = getattr(self.targets, "shapes", None)
        return {"logits": self.targets.shape[1:]} if shapes is None else shapes

    def dataset(self) -> Any:
        """Return a `tf.data.Dataset` of `steps` batches; `follow` sets the epoch that it reads."""
        return make_dataset(self.batches, self._signature(), cardinality=self.steps)

    def distributed(self, strategy: Any) -> Any:
        """Return the same batches in even shares, one for each replica, without end.

        Each worker reads the rows of its own replicas only. A batch of fewer rows than replicas
        leaves some with none.
        """
        import tensorflow as tf

        endless = tf.data.INFINITE_CARDINALITY

        def dataset_of_worker(context: Any) -> Any:
            replicas = context.num_replicas_in_sync
            local = replicas // context.num_input_pipelines
            first = context.input_pipeline_id * local
            shares = functools.partial(self._shares, range(first, first + local), replicas)
            ahead = AHEAD * local
            return make_dataset(shares, self._signature(), cardinality=endless, ahead=ahead)

        return strategy.distribute_datasets_from_function(dataset_of_worker)

    def _shares(self, own_replicas: range, replicas: int) -> Iterator[tuple[dict[str, Any], Any]]:
        for epoch in itertools.count(self.epoch):
            for drawn, number in self._drawn(epoch):
                parts = [self._rows_of(part) for part in np.array_split(drawn, replicas)]
                yield from (self._batch(parts[replica], number) for replica in own_replicas)

    def _signature(self) -> tuple[dict[str, Any], Any]:
        import tensorflow as tf

        signature: dict[str, Any] = {"student": _specs(self.encoded)}
        if self.teacher is not None:
            signature["teacher"] = _specs(self.teacher)
        if self.targets is not None:
            signature["targets"] = {
                name: tf.TensorSpec((None, *shape), tf.float32)
                for name, shape in self._target_shapes().items()
            }
        heads = self.encoded.heads
        if heads:
            return signature, {head: _spec(self.encoded, f"{LABELS}.{head}") for head in heads}
        return signature, _spec(self.encoded, LABELS)

    def follow(self) -> Any:
        """Return the Keras callback that tells this feed which epoch has begun."""
        import keras

        feed = self

        class Follow(keras.callbacks.Callback):
            def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
                feed.epoch = epoch

        return Follow()


def _inputs(encoded: Encoded, read: Mapping[str, np.ndarray]) -> Any:
    """Return the inputs of rows by name, padded to a multiple of tokens or words."""
    batch = {
        name: pad_to_multiple(array, encoded.fill_of(name)) if encoded.is_ragged(name) else array
        for name, array in read.items()
    }
    return batch[encoded.inputs[0]] if len(batch) == 1 else batch


def _pad_target(array: np.ndarray, shape: tuple[int | None, ...]) -> np.ndarray:
    """Pad the axes of words or tokens of a teacher's output as the labels are padded."""
    axes = [place for place, size in enumerate(shape, 1) if size is None]
    if not axes:
        return array
    return pad_to_multiple(array, NO_CELL if shape[-1] is None else 0.0, axes)


def _specs(encoded: Encoded) -> Any:
    specs = {name: _spec(encoded, name) for name in encoded.inputs}
    return specs[encoded.inputs[0]] if len(specs) == 1 else specs


def _spec(encoded: Encoded, name: str) -> Any:
    import tensorflow as tf

    if name not in encoded.columns:
        return tf.TensorSpec((None,), tf.int32)
    return tf.TensorSpec((None, *encoded.shape_of(name)), encoded.dtype_of(name))
