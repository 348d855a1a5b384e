"""One vector a text from many layers of the teacher, without its length."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import tensorflow as tf

from ._feature_tensors import normalize, project
from ._features import PooledLoss
from .layer_maps import Pairs


@dataclass(frozen=True)
class PatientHint(PooledLoss):
    r"""Match the normalised vector of the first token ([CLS]) in several layers.

    $$\mathcal L = \left\lVert \frac{h_s W}{\lVert h_s W \rVert}
      - \frac{h_t}{\lVert h_t \rVert} \right\rVert^2$$

    averaged over the pairs of layers (the paper sums them). `pooling="mean"` takes the mean over
    the tokens instead; neither asks for the teacher's tokenizer. $W$ as in `Hint`.

    Source: Sun et al. 2019 (PKD), arXiv:1908.09355, equation 7.

    >>> loss = PatientHint(layers=((1, 1),))
    >>> from tfkd import Batch
    >>> s, t = tf.constant([[[3.0, 0.0]]]), tf.constant([[[0.0, 2.0]]])
    >>> loss({"hidden_states": (s, s)}, {"hidden_states": (t, t)}, Batch()).numpy()
    array([2.], dtype=float32)
    """

    citation: ClassVar[str] = "Sun et al. 2019 (PKD), arXiv:1908.09355"
    layers: str | Pairs = "skip"
    pooling: str = "first"

    def between(
        self, student: tf.Tensor, teacher: tf.Tensor, weights: dict[str, tf.Tensor], name: str
    ) -> tf.Tensor:
        """Return the squared distance of the normalised vectors: `[batch]`."""
        difference = normalize(project(student, weights, name)) - normalize(teacher)
        return tf.reduce_sum(tf.square(difference), axis=-1)
