"""The processes of a strategy: which one this is, and what all of them report."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import tensorflow as tf

_Made = TypeVar("_Made")


def worker(strategy: tf.distribute.Strategy | None = None) -> tuple[int, int]:
    """Return the number of this worker, counted from 0, and how many there are.

    >>> worker()
    (0, 1)
    """
    resolver = (strategy or tf.distribute.get_strategy()).cluster_resolver
    workers = resolver.cluster_spec() if resolver else tf.train.ClusterSpec({})
    names = [name for name in ("chief", "worker") if name in workers.jobs]
    count = sum(workers.num_tasks(name) for name in names)
    if count < 2 or resolver.task_type not in names:
        return 0, 1
    before = sum(workers.num_tasks(name) for name in names[: names.index(resolver.task_type)])
    return before + resolver.task_id, count


def steps_between_checks(strategy: tf.distribute.Strategy) -> int:
    """Return how many steps to train between two all-reduce checks: 8 with workers, else 1."""
    return 8 if worker(strategy)[1] > 1 else 1


def all_gather(number: int, strategy: tf.distribute.Strategy) -> list[int]:
    """Gather one integer from every worker. All workers must call this, or it blocks."""
    own, count = worker(strategy)
    if count == 1:
        return [number]
    row = tf.one_hot(own, count, dtype=tf.int64) * number

    @tf.function
    def table() -> tf.Tensor:
        # Not an argument: the sum goes to the device of what it sums, which an argument has not.
        context = tf.distribute.get_replica_context()
        return context.all_reduce(tf.distribute.ReduceOp.SUM, row)

    replicas = strategy.experimental_local_results(strategy.run(table))
    # Each replica of a worker has added its number.
    return [int(total) // len(replicas) for total in replicas[0].numpy()]


def first_worker_first(strategy: tf.distribute.Strategy, make: Callable[[], _Made]) -> _Made:
    """Call `make` on the first worker, and after it has returned on the others."""
    own, _ = worker(strategy)
    if own:
        all_gather(0, strategy)
    result = make()
    if not own:
        all_gather(0, strategy)
    return result
