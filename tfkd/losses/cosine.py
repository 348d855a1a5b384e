"""The angle between the student's and the teacher's hidden states."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import tensorflow as tf

from ._batch import Batch
from ._feature_tensors import mean_over_tokens, normalize, project, zero_padding
from ._features import ProjectedLoss
from .layer_maps import Pairs


@dataclass(frozen=True)
class Cosine(ProjectedLoss):
    r"""Turn the student's hidden states into the direction of the teacher's, whatever the length.

    $$\mathcal L = \frac1{|\text{tokens}|} \sum_i 1 - \cos(h_{s,i} W, h_{t,i})$$

    averaged over the pairs of layers; by default the last layer from the last. $W$ is a learnt
    projection where the widths differ, see `Hint`. Padded tokens do not count.

    Source: Sanh et al. 2019 (DistilBERT), arXiv:1910.01108, section 3.

    >>> loss = Cosine()
    >>> from tfkd import Batch
    >>> s, t = tf.constant([[[1.0, 0.0]]]), tf.constant([[[0.0, 2.0]]])
    >>> loss({"hidden_states": (s, s)}, {"hidden_states": (t, t)}, Batch()).numpy()
    array([1.], dtype=float32)
    """

    citation: ClassVar[str] = "Sanh et al. 2019 (DistilBERT), arXiv:1910.01108"
    layers: str | Pairs = "final"

    def pairwise(
        self,
        student: tf.Tensor,
        teacher: tf.Tensor,
        batch: Batch,
        weights: dict[str, tf.Tensor],
        name: str,
    ) -> tf.Tensor:
        """Average 1 - cos over the tokens that are there: `[batch]`."""
        student, teacher = (zero_padding(side, batch.token_mask) for side in (student, teacher))
        cosine = tf.reduce_sum(
            normalize(project(student, weights, name)) * normalize(teacher), axis=-1
        )
        return mean_over_tokens(1.0 - cosine, batch.token_mask)
