"""The processes of a strategy: which one this is, and what all of them say."""

from __future__ import annotations

import tensorflow as tf


def worker(strategy: tf.distribute.Strategy | None = None) -> tuple[int, int]:
    """Which of how many workers this process is, counted from 0; `(0, 1)` without others.

    >>> worker()
    (0, 1)
    """
    resolver = (strategy or tf.distribute.get_strategy()).cluster_resolver
    workers = resolver.cluster_spec() if resolver else tf.train.ClusterSpec({})
    names = [name for name in ("chief", "worker") if name in workers.jobs]
    count = sum(workers.num_tasks(name) for name in names)
    if count < 2 or resolver.task_type not in names:
        return 0, 1
    before = sum(workers.num_tasks(n) for n in names[: names.index(resolver.task_type)])
    return before + resolver.task_id, count


def between(strategy: tf.distribute.Strategy) -> int:
    """Steps between two questions to all workers, each of which is a turn over the network."""
    return 8 if worker(strategy)[1] > 1 else 1


def told(number: int, strategy: tf.distribute.Strategy) -> list[int]:
    """The numbers that all workers give; each of them must ask."""
    at, count = worker(strategy)
    if count == 1:
        return [number]
    own = tf.one_hot(at, count, dtype=tf.int64) * number

    @tf.function
    def table():
        # Not an argument: the sum goes to the device of what it sums, which an argument has not.
        context = tf.distribute.get_replica_context()
        return context.all_reduce(tf.distribute.ReduceOp.SUM, own)

    replicas = strategy.experimental_local_results(strategy.run(table))
    return [int(each) // len(replicas) for each in replicas[0].numpy()]


def in_turn(strategy: tf.distribute.Strategy, make):
    """What `make()` returns: first on the first worker, and then, behind it, on the others."""
    at, _ = worker(strategy)
    if at:
        told(0, strategy)
    found = make()
    if not at:
        told(0, strategy)
    return found
