"""A worker that is gone: the others end, with a sentence that says what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import tensorflow as tf

from ..errors import LostWorker
from .workers import worker

_SIGNS = (tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.DeadlineExceededError)


@contextmanager
def noticed(strategy: tf.distribute.Strategy) -> Iterator[None]:
    """Raise `LostWorker` where an operation on all workers fails for the lack of one."""
    try:
        yield
    except tf.errors.OpError as error:
        at, count = worker(strategy)
        if count == 1 or not _of_another(error):
            raise
        raise LostWorker(
            f"worker {at} of {count} lost another one, and cannot go on alone: start the same "
            "command on all of them again; with a backup they go on from the last state in it."
        ) from error


def _of_another(error: tf.errors.OpError) -> bool:
    return isinstance(error, _SIGNS) or "Collective ops is aborted" in str(error.message)
