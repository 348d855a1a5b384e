"""Tell an example's own teacher vector from those of the others in the batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import tensorflow as tf

from ..errors import UserError
from ._batch import Outputs
from ._divergence import check_temperature
from ._feature_tensors import normalize
from ._features import PooledLoss
from .layer_maps import Pairs


@dataclass(frozen=True)
class Contrastive(PooledLoss):
    r"""Make the student's vector of an example nearest to the teacher's vector of the same one.

    With learnt projections $f, g$ to `width` numbers, normalised, and the temperature $\tau$

    $$\mathcal L_i = -\log \frac{\exp(f(s_i) \cdot g(t_i) / \tau)}
      {\sum_j \exp(f(s_i) \cdot g(t_j) / \tau)}$$

    The other examples of the batch are the negatives (the paper keeps 16,384 in a memory bank),
    so take large batches; on N replicas they are those of each replica's share. The vectors are
    those of `pooling` (`"mean"` or `"first"` token), by default in the last layers.

    Source: Tian et al. 2020 (CRD), arXiv:1910.10699, section 3; this form is InfoNCE, van den Oord
    et al. 2018, arXiv:1807.03748, equation 4.

    >>> loss = Contrastive(temperature=1.0)
    >>> from tfkd import Batch
    >>> x, eye = tf.constant([[1.0, 0.0], [0.0, 1.0]]), tf.eye(2)
    >>> weights = {"pair_1_1_student": eye, "pair_1_1_teacher": eye}
    >>> outputs = {"hidden_states": (x, x)}
    >>> loss(outputs, outputs, Batch(), weights).numpy().round(4)
    array([0.3133, 0.3133], dtype=float32)
    """

    citation: ClassVar[str] = "Tian et al. 2020 (CRD), arXiv:1910.10699"
    layers: str | Pairs = "final"
    projection: str = "always"
    width: int = 128
    temperature: float = 0.07

    def __post_init__(self) -> None:
        super().__post_init__()
        check_temperature(self.temperature)
        if self.width < 1:
            raise UserError(f"Contrastive(width={self.width}): write a positive number.")

    def weights(self, student: Outputs, teacher: Outputs) -> dict[str, tuple[int, ...]]:
        """Return a projection of each side to `width` for each pair."""
        shapes: dict[str, tuple[int, ...]] = {}
        for name, s, t in self.matched(student, teacher):
            shapes[f"{name}_student"] = (int(s.shape[-1]), self.width)
            shapes[f"{name}_teacher"] = (int(t.shape[-1]), self.width)
        return shapes

    def between(
        self, student: tf.Tensor, teacher: tf.Tensor, weights: dict[str, tf.Tensor], name: str
    ) -> tf.Tensor:
        """Return the cross-entropy of finding one's own: `[batch]`."""
        sides = ((student, weights[f"{name}_student"]), (teacher, weights[f"{name}_teacher"]))
        mine, theirs = (normalize(tf.matmul(x, tf.cast(w, tf.float32))) for x, w in sides)
        similarity = tf.matmul(mine, theirs, transpose_b=True) / self.temperature
        own = tf.range(tf.shape(similarity)[0])
        return tf.nn.sparse_softmax_cross_entropy_with_logits(own, similarity)

    def check_widths(self, name: str, student: tf.Tensor, teacher: tf.Tensor) -> None:
        """Accept any widths."""
