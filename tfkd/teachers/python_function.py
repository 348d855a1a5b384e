"""Functions of ids that TensorFlow cannot trace: run by Python within a step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from ..models.input_names import IDS, feed
from ..models.text_model import Shapes


class PythonFunctionTeacher:
    """A teacher outside the graph, which XLA cannot compile.

    Attributes:
        shapes: The shape of each output for one text, `None` for the number of tokens.
        text_inputs: Whether `run` reads ids alone, or another array too: segments, or what is
            written of the ids.
    """

    jit = False
    shapes: Shapes
    text_inputs: tuple[str, ...] = IDS[:1]

    def run(self, ids: np.ndarray, segments: np.ndarray | None = None) -> Mapping[str, np.ndarray]:
        """Return the outputs by name, by NumPy.

        Args:
            ids: Padded ids `[batch, length]`.
            segments: 0 for ids of the first text and 1 for those of a second, for a model that
                reads them.
        """
        raise NotImplementedError(f"{type(self).__name__} defines no run")

    def __call__(self, inputs: Any) -> dict[str, tf.Tensor]:
        """Return the outputs as tensors, within a graph too.

        Args:
            inputs: Ids, or a dict of ids and segments.
        """
        fed = feed(self.text_inputs, inputs)
        # In the order of the names: `tf.nest` would sort them.
        arrays = [fed[name] for name in self.text_inputs] if isinstance(fed, Mapping) else [fed]
        ids, *more = map(tf.convert_to_tensor, arrays)
        kinds = [tf.float32] * len(self.shapes)
        tensors = tf.numpy_function(self._run_in_order, [ids, *more], kinds, stateful=False)
        # Outside of a graph, a list of one comes back as the tensor alone.
        tensors = tf.nest.flatten(tensors)
        for tensor, shape in zip(tensors, self.shapes.values(), strict=True):
            tensor.set_shape((ids.shape[0], *shape))
        return dict(zip(self.shapes, tensors, strict=True))

    def _run_in_order(self, *inputs: np.ndarray) -> list[np.ndarray]:
        outputs = self.run(*inputs)
        return [np.asarray(outputs[name], np.float32) for name in self.shapes]
