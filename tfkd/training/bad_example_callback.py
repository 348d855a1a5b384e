"""The callback that stops `fit` or `evaluate` after a step with bad examples."""

from __future__ import annotations

from typing import Any

from .bad_examples import BadExamples


def bad_example_callback(keras: Any, bad_examples: BadExamples, every: int = 1) -> Any:
    """Make a callback of this flavour of Keras that raises after a step with bad examples.

    It looks after every `every` steps, and at the end of an epoch.
    """
    kind = type("BadExampleCallback", (_BadExampleCallback, keras.callbacks.Callback), {})
    callback = kind()
    callback.bad_examples, callback.every = bad_examples, every
    return callback


class _BadExampleCallback:
    """Check the counter after every `every` steps of `fit` and `evaluate`."""

    bad_examples: BadExamples
    every: int
    # In `fit` from 1 on.
    epoch = 0

    def on_train_begin(self, logs: dict | None = None) -> None:
        self.bad_examples.take()  # what an interrupted step has left

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
        self.bad_examples.take()

    def on_test_batch_end(self, batch: int, logs: dict | None = None) -> None:
        if (batch + 1) % self.every == 0:
            self.bad_examples.raise_if_any(f"at step {batch + 1} of {self._evaluation()}")

    def on_test_end(self, logs: dict | None = None) -> None:
        if self.every > 1:
            self.bad_examples.raise_if_any(f"before the end of {self._evaluation()}")

    def _end_training(self, where: str) -> None:
        self.bad_examples.raise_if_any(
            where, "they were left out, training stopped, and the last checkpoint is untouched"
        )

    def _evaluation(self) -> str:
        return f"the validation after epoch {self.epoch}" if self.epoch else "evaluate"
