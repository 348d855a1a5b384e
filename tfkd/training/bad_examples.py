"""Bad examples of a batch: counted in the step, and an error raised after it.

The step itself cannot raise (XLA drops assertions), so it gives such an example the weight 0 and
counts it; the student stays finite, and a callback stops `fit` or `evaluate`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import tensorflow as tf

from ..errors import UserError

_WRAPPED_ERROR = re.compile(r"UserError: (.+?)\nTraceback", re.DOTALL)
# In the order in which they are told: what comes first may be the cause of what follows.
KINDS = ("labels", "weights", "inputs", "targets", "changed", "student", "gradients")


class BadExamples:
    """A counter of bad examples by kind, with the place and the value of the first ones.

    A plain object, so that Keras does not save it.
    """

    def __init__(self) -> None:
        def per_replica(shape: list[int], dtype: tf.DType) -> tf.Variable:
            return tf.Variable(
                tf.zeros(shape, dtype),
                trainable=False,
                synchronization=tf.VariableSynchronization.ON_READ,
                aggregation=tf.VariableAggregation.SUM,
            )

        self._strategy = tf.distribute.get_strategy()
        self._counts = per_replica([len(KINDS)], tf.int64)
        # Of the first of a kind its row in the batch and what stands there.
        self._first = per_replica([len(KINDS), 2], tf.float32)
        # The labels that are right, for the error.
        self.wanted_labels = ""

    def add(self, kind: str, bad: tf.Tensor, values: tf.Tensor | None = None) -> None:
        """Count the true entries, `[batch]`; `values` are what came, of each example."""
        place = tf.one_hot(KINDS.index(kind), len(KINDS), on_value=True, off_value=False)
        count = tf.reduce_sum(tf.cast(bad, tf.int64))
        row = tf.argmax(tf.concat([tf.cast(bad, tf.int32), [0]], 0))
        value = tf.zeros([]) if values is None else tf.concat([values, [0.0]], 0)[row]
        is_first = place & (self._counts.read_value() == 0) & (count > 0)
        first = tf.stack([tf.cast(row, tf.float32), value])
        self._first.assign_add(tf.where(is_first[:, None], first, 0.0))
        self._counts.assign_add(tf.where(place, count, tf.zeros([], tf.int64)))

    def take(self) -> dict[str, tuple[int, int, float]]:
        """Return count, first row and first value of each kind since the last call."""
        counts = self._counts.read_value().numpy().tolist()
        if not any(counts):
            return {}
        own, first = (
            [each.numpy() for each in self._strategy.experimental_local_results(variable)]
            for variable in (self._counts, self._first)
        )
        found = {}
        for i, kind in enumerate(KINDS):
            if counts[i]:
                # Of this process; another worker's are counted only.
                here = [one[i].tolist() for n, one in zip(own, first, strict=True) if n[i]]
                row, value = here[0] if here else (0.0, 0.0)
                found[kind] = counts[i], int(row), value
        self._counts.assign(tf.zeros_like(counts, tf.int64))
        self._first.assign(tf.zeros([len(KINDS), 2]))
        return found

    def raise_if_any(self, where: str, consequence: str = "they were left out") -> None:
        """Raise `UserError` if there were any since the last call."""
        for kind, (count, row, value) in self.take().items():
            if kind == "changed":
                refuse_changed(count, f" {where}; {consequence}")
            what, cure = self._sentences(kind, count, f"(row {row} of its batch: {value:g})")
            raise UserError(f"{what} {where}; {consequence}. {cure}")

    def _sentences(self, kind: str, count: int, first: str) -> tuple[str, str]:
        of = f"{count} example(s)"
        return {
            "labels": (
                f"a label cannot be right in {of} {first}",
                f"{self.wanted_labels}; write -100 where there is no label.",
            ),
            "weights": (
                f"a sample_weight is no number >= 0 in {of} {first}",
                "Write 0 for what should not count.",
            ),
            "inputs": (
                f"the inputs hold NaN or inf in {of} {first}",
                "Look at the data of this batch.",
            ),
            "targets": (
                f"the teacher returned NaN or +inf for {of}",
                "Look at the teacher's output on this batch.",
            ),
            "student": (
                f"the student's output or a loss was NaN or inf for {of}",
                "Write a smaller learning rate or clipnorm=1.0, or look at what is divided by 0.",
            ),
            "gradients": (
                "the gradient was NaN or inf, and no update was made,",
                "Write a smaller learning rate or clipnorm=1.0, or look at a loss of your own.",
            ),
        }[kind]


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
