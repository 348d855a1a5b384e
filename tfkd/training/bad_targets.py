"""Bad targets of a batch: counted in the step, and an error raised after it.

The step itself cannot raise (XLA drops assertions), so it gives such an example the weight 0 and
counts it; the student stays finite, and a callback stops `fit` or `evaluate`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import tensorflow as tf

from ..errors import UserError

_WRAPPED_ERROR = re.compile(r"UserError: (.+?)\nTraceback", re.DOTALL)


class BadTargets:
    """A counter of examples with NaN targets, and of those whose inputs are not the targets' own.

    A plain object, so that Keras does not save it.
    """

    def __init__(self) -> None:
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
        counts = [tf.reduce_sum(tf.cast(bad, tf.int64)) for bad in (not_finite, changed)]
        self._counts.assign_add(tf.stack(counts))

    def take(self) -> tuple[int, int]:
        """Return both counts since the last call."""
        not_finite, changed = self._counts.read_value().numpy().tolist()
        if not_finite or changed:
            self._counts.assign([0, 0])
        return not_finite, changed

    def raise_if_any(self, where: str, consequence: str = "they were left out") -> None:
        """Raise `UserError` if there were any since the last call."""
        not_finite, changed = self.take()
        if not_finite:
            raise UserError(
                f"the teacher returned NaN or +inf for {not_finite} example(s) {where}; "
                f"{consequence}. Look at the teacher's output on this batch."
            )
        refuse_changed(changed, f" {where}; {consequence}")


def refuse_changed(count: int, where: str = "") -> None:
    """Raise `UserError` if the inputs of `count` examples are not those of their targets."""
    if count:
        raise UserError(
            f"{count} example(s) are not those that their stored targets belong to{where}. Change "
            "texts before tfkd.store.write, or between write and join with missing='compute'; "
            "never after join."
        )


@contextmanager
def unwrap_user_errors() -> Iterator[None]:
    """Re-raise a `UserError` that `tf.data` wrapped in one of its own errors."""
    try:
        yield
    except tf.errors.OpError as error:
        match = _WRAPPED_ERROR.search(str(error.message))
        if not match:
            raise
        raise UserError(match[1]) from None


def bad_target_callback(keras: Any, bad_targets: BadTargets, every: int = 1) -> Any:
    """Make a callback of this flavour of Keras that raises after a step with bad targets.

    It looks after every `every` steps, and at the end of an epoch.
    """
    kind = type("BadTargetCallback", (_BadTargetCallback, keras.callbacks.Callback), {})
    callback = kind()
    callback.bad_targets, callback.every = bad_targets, every
    return callback


class _BadTargetCallback:
    """Check the counter after every `every` steps of `fit` and `evaluate`."""

    bad_targets: BadTargets
    every: int
    # In `fit` from 1 on.
    epoch = 0

    def on_train_begin(self, logs: dict | None = None) -> None:
        self.bad_targets.take()  # what an interrupted step has left

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        self.epoch = epoch + 1

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        if (batch + 1) % self.every == 0:
            self._end_training(f"at step {batch + 1} of epoch {self.epoch}")

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        if self.every > 1:
            self._end_training(f"before the end of epoch {self.epoch}")

    def on_test_begin(self, logs: dict | None = None) -> None:
        if self.epoch:
            # The validation comes before the end of its epoch.
            self.on_epoch_end(self.epoch)
        self.bad_targets.take()

    def on_test_batch_end(self, batch: int, logs: dict | None = None) -> None:
        if (batch + 1) % self.every == 0:
            self.bad_targets.raise_if_any(f"at step {batch + 1} of {self._evaluation()}")

    def on_test_end(self, logs: dict | None = None) -> None:
        if self.every > 1:
            self.bad_targets.raise_if_any(f"before the end of {self._evaluation()}")

    def _end_training(self, where: str) -> None:
        self.bad_targets.raise_if_any(
            where, "they were left out, training stopped, and the last checkpoint is untouched"
        )

    def _evaluation(self) -> str:
        return f"the validation after epoch {self.epoch}" if self.epoch else "evaluate"
