"""What is wrong with a batch's targets: counted in the step, and an error raised behind it.

The step itself cannot raise (XLA drops assertions), so it gives such an example the weight 0 and
counts it; the student stays finite, and a callback stops `fit` or `evaluate`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import tensorflow as tf

from ..errors import UserError

_SAID = re.compile(r"UserError: (.+?)\nTraceback", re.DOTALL)


class BadTargets:
    """A counter of examples with NaN targets, and of those whose inputs are not the targets' own.

    A plain object, so that Keras does not save it.
    """

    def __init__(self):
        self._counts = tf.Variable(
            [0, 0],
            trainable=False,
            dtype=tf.int64,
            synchronization=tf.VariableSynchronization.ON_READ,
            aggregation=tf.VariableAggregation.SUM,
        )

    def add(self, not_finite: tf.Tensor, changed: tf.Tensor | None = None) -> None:
        """Count the true entries of each, `[batch]`."""
        changed = tf.zeros_like(not_finite) if changed is None else changed
        found = tf.stack([tf.reduce_sum(tf.cast(e, tf.int64)) for e in (not_finite, changed)])
        self._counts.assign_add(found)

    def take(self) -> tuple[int, int]:
        """The counts since the last call."""
        not_finite, changed = self._counts.read_value().numpy().tolist()
        if not_finite or changed:
            self._counts.assign([0, 0])
        return not_finite, changed

    def stop(self, where: str, then: str = "they were left out") -> None:
        """Raise `UserError` where there were any since the last call."""
        not_finite, changed = self.take()
        if not_finite:
            raise UserError(
                f"the teacher returned NaN or +inf for {not_finite} example(s) {where}; {then}. "
                "Look at the teacher's output on this batch."
            )
        refuse_changed(changed, f" {where}; {then}")


def refuse_changed(count: int, where: str = "") -> None:
    """Raise `UserError` where inputs were changed after their targets were joined."""
    if count:
        raise UserError(
            f"{count} example(s) are not those that their stored targets belong to{where}. Change "
            "texts before tfkd.store.write, or between write and join with missing='compute'; "
            "never behind join."
        )


@contextmanager
def said_in_pipeline() -> Iterator[None]:
    """Raise what our own code said inside `tf.data` as it said it."""
    try:
        yield
    except tf.errors.OpError as error:
        found = _SAID.search(str(error.message))
        if not found:
            raise
        raise UserError(found[1]) from None


def stopper(keras, bad: BadTargets, every: int = 1):
    """A callback of this flavour of Keras that raises behind a step with bad targets.

    It looks behind `every` so many steps, and at the end.
    """
    made = type("StopAtBadTeacher", (_Looks, keras.callbacks.Callback), {})()
    made.bad, made.every = bad, every
    return made


class _Looks:
    """When the stopper looks, in `fit` and in `evaluate`."""

    bad: BadTargets
    every: int
    epoch = 0  # in `fit` from 1 on

    def on_train_begin(self, logs=None):
        self.bad.take()  # what an interrupted step has left

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch + 1

    def on_train_batch_end(self, batch, logs=None):
        if (batch + 1) % self.every == 0:
            self._stop_training(f"at step {batch + 1} of epoch {self.epoch}")

    def on_epoch_end(self, epoch, logs=None):
        if self.every > 1:
            self._stop_training(f"before the end of epoch {self.epoch}")

    def on_test_begin(self, logs=None):
        if self.epoch:
            self.on_epoch_end(self.epoch)  # the validation comes before the end
        self.bad.take()

    def on_test_batch_end(self, batch, logs=None):
        if (batch + 1) % self.every == 0:
            self.bad.stop(f"at step {batch + 1} of {self._what()}")

    def on_test_end(self, logs=None):
        if self.every > 1:
            self.bad.stop(f"before the end of {self._what()}")

    def _stop_training(self, where: str) -> None:
        then = "they were left out, training stopped, and the last checkpoint is untouched"
        self.bad.stop(where, then)

    def _what(self) -> str:
        return f"the validation behind epoch {self.epoch}" if self.epoch else "evaluate"
