"""The data up to where training was: read once more where they must be, and not trained on."""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Any

import tensorflow as tf

from ...errors import UserError
from ..sources import is_ordered


def check_order(x: Any, options: dict[str, Any]) -> None:
    """Refuse data whose order nobody can find again.

    Raises:
        UserError: what Keras would shuffle; a generator without `steps_per_epoch`, and a dataset
            that ends with them.
    """
    if not is_ordered(x) and options.get("shuffle", True):
        raise UserError(
            "fit(backup=...) goes on with the batch after the last one, and the order of arrays "
            "that Keras shuffles is lost with the process: write shuffle=False, or give "
            "tf.data.Dataset.from_tensor_slices(...).shuffle(n, seed=0).batch(32)."
        )
    steps = options.get("steps_per_epoch")
    if isinstance(x, types.GeneratorType) and not steps:
        raise UserError("fit(backup=...) with a generator needs steps_per_epoch=....")
    if isinstance(x, tf.data.Dataset) and steps and int(x.cardinality()) >= 0:
        raise UserError(
            f"fit(backup=..., steps_per_epoch={steps}) finds its place in a dataset without end: "
            "write dataset.repeat(), or leave steps_per_epoch out."
        )


def advance_shuffle(x: tf.data.Dataset, epochs: int, keras: Any) -> None:
    """Advance the shuffle state of a dataset by `epochs` passes, so that resuming sees its order.

    Keras 3 opens a dataset of known length a second time at the end of each epoch.
    """
    twice = int(x.cardinality()) >= 0 and not keras.__name__.startswith("tf_keras")
    for _ in range(2 * epochs if twice else epochs):
        iter(x)


class SkippingTrainFunction:
    """Keras's train function for one epoch, that drops the first `steps` batches.

    `before` are the batches of whole epochs, in data that are one long pass.
    """

    def __init__(self, distiller: Any, *, steps: int, before: int) -> None:
        self._distiller, self._left, self._before = distiller, steps, before
        self._train = distiller.train_function

    def __call__(self, iterator: Iterator) -> Any:
        """Make one step of training, or read a batch that was trained on already."""
        for _ in range(self._before):
            next(iterator)
        self._before = 0
        if self._left <= 0:
            self._distiller.train_function = self._train
            return self._train(iterator)
        for _ in range(self._distiller.steps_at_once):
            next(iterator)
            self._left -= 1
        return self._distiller.get_metrics_result()
