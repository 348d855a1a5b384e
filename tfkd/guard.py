"""NaN in the teacher's targets: counted in the step, and training stopped behind it.

The step itself cannot raise (XLA drops assertions), so it gives such an example the weight 0 and
counts it; the student stays finite, and the callback stops the run.
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


def stopper(keras, bad: BadTargets):
    """A callback of this flavour of Keras that raises behind a step with bad targets."""

    class StopAtBadTeacher(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            self.epoch = 0

        def on_epoch_begin(self, epoch, logs=None):
            self.epoch = epoch

        def on_train_batch_end(self, batch, logs=None):
            found = bad.take()
            if found:
                raise UserError(
                    f"the teacher returned NaN or +inf for {found} example(s) at step "
                    f"{batch + 1} of epoch {self.epoch + 1}; they were left out, training "
                    "stopped, and the last checkpoint is untouched. Look at the teacher's "
                    "output on this batch."
                )

    return StopAtBadTeacher()
