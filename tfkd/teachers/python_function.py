"""Functions of ids that TensorFlow cannot trace: run by Python within a step."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from ..models.text_model import Shapes


class PythonFunctionTeacher:
    """A teacher outside the graph, which XLA cannot compile.

    Attributes:
        shapes: The shape of each output for one text, `None` for the number of tokens.
    """

    jit = False
    shapes: Shapes

    def run(self, ids: np.ndarray) -> Mapping[str, np.ndarray]:
        """Return the outputs by name of padded ids `[batch, length]`, by NumPy."""
        raise NotImplementedError(f"{type(self).__name__} defines no run")

    def __call__(self, ids: tf.Tensor) -> dict[str, tf.Tensor]:
        """Return the outputs as tensors, within a graph too."""
        ids = tf.convert_to_tensor(ids)
        kinds = [tf.float32] * len(self.shapes)
        tensors = tf.numpy_function(self._run_in_order, [ids], kinds, stateful=False)
        # Outside of a graph, a list of one comes back as the tensor alone.
        tensors = tf.nest.flatten(tensors)
        for tensor, shape in zip(tensors, self.shapes.values(), strict=True):
            tensor.set_shape((ids.shape[0], *shape))
        return dict(zip(self.shapes, tensors, strict=True))

    def _run_in_order(self, ids: np.ndarray) -> list[np.ndarray]:
        outputs = self.run(ids)
        return [np.asarray(outputs[name], np.float32) for name in self.shapes]
