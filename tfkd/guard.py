"""NaN in the teacher's targets: counted in the step, and an error raised behind it.

The step itself cannot raise (XLA drops assertions), so it gives such an example the weight 0 and
counts it; the student stays finite, and a callback stops `fit` or `evaluate`.
"""

from __future__ import annotations

import tensorflow as tf

from .errors import UserError


class BadTargets:
    """A counter of examples with NaN targets; a plain object, so that Keras does not save it."""

    def __init__(self):
        self._count = tf.Variable(
            0,
            trainable=False,
            dtype=tf.int64,
            synchronization=tf.VariableSynchronization.ON_READ,
            aggregation=tf.VariableAggregation.SUM,
        )

    def add(self, bad: tf.Tensor) -> None:
        """Count the true entries of `bad` `[batch]`."""
        self._count.assign_add(tf.reduce_sum(tf.cast(bad, tf.int64)))

    def take(self) -> int:
        """The count since the last call."""
        found = int(self._count.read_value())
        if found:
            self._count.assign(0)
        return found

    def stop(self, where: str, then: str = "they were left out") -> None:
        """Raise `UserError` where there were any since the last call."""
        found = self.take()
        if found:
            raise UserError(
                f"the teacher returned NaN or +inf for {found} example(s) {where}; {then}. Look "
                "at the teacher's output on this batch."
            )


def stopper(keras, bad: BadTargets):
    """A callback of this flavour of Keras that raises behind a step with bad targets."""

    class StopAtBadTeacher(keras.callbacks.Callback):
        epoch = 0  # in `fit` from 1 on

        def on_train_begin(self, logs=None):
            bad.take()  # what an interrupted step has left

        def on_epoch_begin(self, epoch, logs=None):
            self.epoch = epoch + 1

        def on_train_batch_end(self, batch, logs=None):
            bad.stop(
                f"at step {batch + 1} of epoch {self.epoch}",
                "they were left out, training stopped, and the last checkpoint is untouched",
            )

        def on_test_begin(self, logs=None):
            bad.take()

        def on_test_batch_end(self, batch, logs=None):
            what = f"the validation behind epoch {self.epoch}" if self.epoch else "evaluate"
            bad.stop(f"at step {batch + 1} of {what}")

    return StopAtBadTeacher()
