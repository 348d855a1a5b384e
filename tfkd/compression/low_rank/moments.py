"""The second moments of what layers get, read while a model runs."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import tensorflow as tf

from ...errors import UserError
from ...models.masks import token_mask
from .matrix_layers import MatrixLayer

# Of more inputs than that, a square of all pairs would be too large: their squares alone.
_MOST_SQUARED = 4096
# Numbers below the windows of a convolution that are held at once.
_MOST_NUMBERS = 2**26


def read_moments(
    model: Any, layers: Sequence[MatrixLayer], batches: Iterable[Any]
) -> list[np.ndarray]:
    """Return for each layer `E[x'x]` of its inputs times their number, see `split_matrix`.

    Padding of texts does not count. To what was seen, as many inputs are added as a layer has
    rows, equal in all directions: few batches do not tell that all others never occur. So a row
    of a table counts once more than it was seen.

    Args:
        model: It holds the layers, and is run as it is.
        layers: Layers of it.
        batches: What the model is called with.

    Raises:
        UserError: No batch, or a layer whose inputs are not finite.
    """
    totals = [_Total(each) for each in layers]
    seen = 0
    for batch in batches:
        tensors = tf.nest.map_structure(tf.convert_to_tensor, batch)
        mask = token_mask(tensors)
        with _handing_on([(each.layer.layer, each.add) for each in totals], mask):
            model(tensors, training=False)
        seen += 1
    if not seen:
        raise UserError(
            "low_rank has no inputs to weigh errors by: give it data, or write error=weights."
        )
    return [each.value() for each in totals]


class _Total:
    """The sum of the outer products of a layer's inputs."""

    def __init__(self, layer: MatrixLayer) -> None:
        self.layer, self.rows = layer, layer.shape[0]
        self.is_diagonal = layer.is_table or self.rows > _MOST_SQUARED
        self.sum = np.zeros((self.rows,) if self.is_diagonal else (self.rows, self.rows))
        self.count = 0

    def add(self, inputs: tf.Tensor, mask: tf.Tensor | None) -> None:
        """Add inputs `[batch, ...]`; those whose mask is 0 do not count."""
        if self.layer.is_table:
            ids = tf.cast(_counted(inputs[..., None], mask, 1), tf.int32)
            self.sum += np.bincount(ids[:, 0].numpy(), minlength=self.rows)
            self.count += len(ids)
            return
        texts = max(1, _MOST_NUMBERS // (self.rows * max(1, int(np.prod(inputs.shape[1:-1])))))
        for start in range(0, len(inputs), texts):
            rows = self.layer.rows(inputs[start : start + texts])
            part = None if mask is None else mask[start : start + texts]
            rows = tf.cast(_counted(rows, part, self.rows), tf.float32)
            squares = tf.reduce_sum(rows**2, 0) if self.is_diagonal else tf.matmul(rows, rows, True)
            self.sum += squares.numpy()
            self.count += len(rows)

    def value(self) -> np.ndarray:
        """Return the sum with the inputs that are added to what was seen."""
        if not np.isfinite(self.sum).all():
            raise UserError(
                f"low_rank: what the layer {self.layer.layer.name!r} gets is not finite: look for "
                "NaN in the model or the data."
            )
        ones = np.ones(self.rows) if self.is_diagonal else np.eye(self.rows)
        total = self.sum.sum() if self.is_diagonal else np.trace(self.sum)
        return self.sum + (total / self.count if total else 1.0) * ones


def _counted(rows: tf.Tensor, mask: tf.Tensor | None, width: int) -> tf.Tensor:
    """Return rows `[positions, width]`, without the padding where there is one vector a token."""
    if mask is not None and rows.shape.rank == 3 and rows.shape[:2] == mask.shape:
        return tf.boolean_mask(rows, mask > 0)
    return tf.reshape(rows, [-1, width])


@contextmanager
def _handing_on(
    listeners: Sequence[tuple[Any, Callable]], mask: tf.Tensor | None
) -> Iterator[None]:
    """Have layers hand on what they get, and the mask; afterwards they are as before."""

    def watch(original: Callable, listen: Callable) -> Callable:
        @functools.wraps(original)
        def call(inputs: Any, *args: Any, **options: Any) -> Any:
            listen(inputs, mask)
            return original(inputs, *args, **options)

        return call

    # A tap may have put a method of its own there.
    before = [vars(layer).get("call") for layer, _ in listeners]
    try:
        for layer, listen in listeners:
            layer.call = watch(layer.call, listen)
        yield
    finally:
        for (layer, _), own in zip(listeners, before, strict=True):
            if own is None:
                vars(layer).pop("call", None)
            else:
                layer.call = own
