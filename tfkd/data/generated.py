"""A `tf.data.Dataset` of batches that a Python function yields."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import tensorflow as tf

AHEAD = 4


def make_dataset(
    batches: Callable[[], Iterator[Any]],
    signature: Any,
    *,
    cardinality: int | None = None,
    ahead: int = AHEAD,
) -> tf.data.Dataset:
    """Make a `tf.data.Dataset` of what a function yields, read some batches ahead.

    It has no autotuner, which would have nothing to tune here. Its thread sleeps for as long as
    the iterator has lived, up to a minute; TensorFlow wakes it before it says that the iterator
    has ended, so that on a busy machine it sleeps on, and the end of an epoch waits for it.

    Args:
        batches: What to iterate over, called once for each iterator.
        signature: The nested `tf.TensorSpec` of a batch.
        cardinality: How many batches it yields, if that is known.
        ahead: Batches that are ready before they are asked for.
    """
    import tensorflow as tf

    made = tf.data.Dataset.from_generator(batches, output_signature=signature)
    if cardinality is not None:
        made = made.apply(tf.data.experimental.assert_cardinality(cardinality))
    options = tf.data.Options()
    options.autotune.enabled = False
    return made.prefetch(ahead).with_options(options)
