"""The gradients of a distillation's loss, for whoever asks which weights matter."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import tensorflow as tf

from .batches import map_arrays

if TYPE_CHECKING:
    from .distiller import Distiller


def loss_gradients(distiller: Distiller, model: Any, batches: Iterable[Any]) -> Iterator[list[Any]]:
    """Yield the gradients of the loss of each batch, without dropout and without an update.

    Args:
        distiller: Its teacher, objective and projections make the loss.
        model: What runs in the student's place, and whose weights are asked about.
        batches: As `fit` gets them: `x`, `(x, y)` or `(x, y, sample_weight)`.

    Yields:
        For each of the model's trainable variables its gradient, None where the loss does not
        reach it.
    """
    run = distiller.run_student.of_model(model)
    variables = list(model.trainable_variables)
    for data in batches:
        example = distiller.read_example(map_arrays(tf.convert_to_tensor, data))
        with tf.GradientTape() as tape:
            loss = distiller.forward(example, run, training=False).loss
        yield [
            None if gradient is None else tf.convert_to_tensor(gradient)
            for gradient in tape.gradient(loss, variables)
        ]
