"""Batches of encoded texts: their order is a function of the seed and the step, nothing else.

So a run that was interrupted goes on with the batches that it would have had.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import UserError
from ..text.batching import rounded
from .encoded import Encoded

WINDOW = 16  # batches that are sorted by length together


@dataclass
class Feed:
    """Shuffled batches of similar length for `fit`, `steps` in each epoch.

    With `targets` `[texts, classes]` the stored logits of the teacher travel with the batch; with
    `teacher` the texts as the teacher reads them do, for a teacher that runs in every step.
    `only` are the positions of the texts that count, by default all. Where `steps` is not a whole
    pass, an epoch goes on where the last one ended; each pass over the texts has an order of its
    own.

    Raises:
        UserError: steps to take and no texts, or targets of other texts.
    """

    encoded: Encoded
    batch_size: int
    seed: int
    steps: int = 0
    targets: Any = None  # an array, or what gives rows as one does
    only: np.ndarray | None = None
    epoch: int = 0
    teacher: Encoded | None = None

    def __post_init__(self):
        count = len(self.encoded)
        self._positions = np.arange(count) if self.only is None else np.asarray(self.only, int)
        self.per_pass = -(-len(self._positions) // self.batch_size)
        if self.steps and not self.per_pass:
            raise UserError("there is no text to train on: none of the texts has a label.")
        if self.targets is not None and len(self.targets) != count:
            raise UserError(f"there are {len(self.targets)} targets for {count} texts.")
        self.steps = self.steps or self.per_pass

    def rows(self, epoch: int) -> Iterator[np.ndarray]:
        """The positions of the examples of each batch of one epoch."""
        order: list[np.ndarray] = []
        at = -1
        for step in range(epoch * self.steps, (epoch + 1) * self.steps):
            if step // self.per_pass != at:
                at = step // self.per_pass
                lengths = self.encoded.lengths[self._positions]
                order = bucketed(lengths, self.batch_size, (self.seed, at))
            yield self._positions[order[step % self.per_pass]]

    def batches(self) -> Iterator[tuple[dict[str, Any], np.ndarray]]:
        """`({"student": ids, "targets": ...}, labels)` for each step of the present epoch."""
        yield from map(self._batch, self.rows(self.epoch))

    def _batch(self, rows: np.ndarray) -> tuple[dict[str, Any], np.ndarray]:
        inputs: dict[str, Any] = {"student": rounded(self.encoded[rows])}
        if self.teacher is not None:
            inputs["teacher"] = rounded(self.teacher[rows])
        if self.targets is not None:
            inputs["targets"] = {"logits": np.asarray(self.targets[rows], "float32")}
        return inputs, self.encoded.labels[rows]

    def dataset(self):
        """A `tf.data.Dataset` of `steps` batches; `follow` sets the epoch that it reads."""
        import tensorflow as tf

        made = tf.data.Dataset.from_generator(self.batches, output_signature=self._signature())
        return made.apply(tf.data.experimental.assert_cardinality(self.steps)).prefetch(4)

    def distributed(self, strategy):
        """The same batches in even shares, one for each replica, without end.

        Each worker reads the rows of its own replicas only. A batch of fewer examples than
        replicas leaves some with none.
        """
        import tensorflow as tf

        endless = tf.data.experimental.assert_cardinality(tf.data.INFINITE_CARDINALITY)

        def of_worker(context):
            replicas = context.num_replicas_in_sync
            local = replicas // context.num_input_pipelines
            first = context.input_pipeline_id * local
            shares = functools.partial(self._shares, range(first, first + local), replicas)
            made = tf.data.Dataset.from_generator(shares, output_signature=self._signature())
            return made.apply(endless).prefetch(4 * local)

        return strategy.distribute_datasets_from_function(of_worker)

    def _shares(self, mine: range, replicas: int) -> Iterator[tuple[dict[str, Any], np.ndarray]]:
        for epoch in itertools.count(self.epoch):
            for rows in self.rows(epoch):
                parts = np.array_split(rows, replicas)
                yield from (self._batch(parts[replica]) for replica in mine)

    def _signature(self):
        import tensorflow as tf

        ids = tf.TensorSpec((None, None), tf.int32)
        signature: dict[str, Any] = {"student": ids}
        if self.teacher is not None:
            signature["teacher"] = ids
        if self.targets is not None:
            logits = tf.TensorSpec((None, self.targets.shape[1]), tf.float32)
            signature["targets"] = {"logits": logits}
        return signature, tf.TensorSpec((None,), tf.int32)

    def follow(self):
        """The callback that tells this feed which epoch is on."""
        import keras

        feed = self

        class Follow(keras.callbacks.Callback):
            def on_epoch_begin(self, epoch, logs=None):
                feed.epoch = epoch

        return Follow()


def bucketed(lengths: np.ndarray, batch_size: int, seed) -> list[np.ndarray]:
    """All positions once, in random batches of texts of similar length.

    >>> [each.tolist() for each in bucketed(np.array([9, 1, 8, 2]), 2, 0)]
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
