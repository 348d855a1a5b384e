"""A worker that is gone: the others end, with a sentence that says what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import tensorflow as tf

from ..errors import LostWorker
from .workers import worker

_SIGNS = (tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.DeadlineExceededError)


@contextmanager
def raise_on_lost_worker(strategy: tf.distribute.Strategy) -> Iterator[None]:
    """Raise `LostWorker` if an operation on all workers fails because one of them is gone."""
    try:
        yield
    except tf.errors.OpError as error:
        number, count = worker(strategy)
        is_sign = isinstance(error, _SIGNS) or "Collective ops is aborted" in str(error.message)
        if count == 1 or not is_sign:
            raise
        raise LostWorker(
            f"worker {number} of {count} lost another one, and cannot go on alone: start the same "
            "command on all of them again; with a backup they go on from the last state in it."
        ) from error
