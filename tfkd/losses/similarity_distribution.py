"""To which texts of the batch a text is similar, as the teacher sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import tensorflow as tf

from ._divergence import check_temperature, kl_terms
from ._vectors import VectorLoss

_HIDDEN = -1e9


@dataclass(frozen=True)
class SimilarityDistribution(VectorLoss):
    r"""Match the distribution of each text's similarities to all others of the batch.

    With $p_{ij} = \mathrm{softmax}_{j \ne i}(t_i^\top t_j / \tau)$ of the teacher's vectors, which
    have the length 1, and $q_{ij}$ the same of the student's

    $$\mathcal L_i = \sum_{j \ne i} p_{ij} \log \frac{p_{ij}}{q_{ij}}$$

    Widths need not agree, so nothing is projected: the student's own space is what is trained. On
    N replicas the batch is each replica's share. With `prefixes` the first dimensions alone have to
    serve too; the loss is the mean.

    Source: Koohpayegani et al. 2020 (CompRess), arXiv:2010.14713, equations 1 and 2, and Fang et
    al. 2021 (SEED), arXiv:2101.04731, equation 5, with the batch in place of their queues.

    >>> loss = SimilarityDistribution(temperature=1.0)
    >>> from tfkd import Batch
    >>> s = tf.constant([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]])
    >>> t = tf.constant([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    >>> loss({"embedding": s}, {"embedding": t}, Batch()).numpy().round(4)
    array([0.4621, 0.1109, 0.1201], dtype=float32)
    """

    citation: ClassVar[str] = "Koohpayegani et al. 2020 (CompRess), arXiv:2010.14713"
    temperature: float = 0.05

    def __post_init__(self) -> None:
        super().__post_init__()
        check_temperature(self.temperature)

    def between(self, student: tf.Tensor, teacher: tf.Tensor, projection: Any | None) -> tf.Tensor:
        """Return the divergence of each row of similarities: `[batch]`."""
        own = tf.eye(tf.shape(student)[0], dtype=tf.bool)
        log_p, log_q = (
            tf.nn.log_softmax(
                tf.where(own, _HIDDEN, tf.matmul(side, side, transpose_b=True) / self.temperature)
            )
            for side in (teacher, student)
        )
        log_p, log_q = (tf.where(own, 0.0, side) for side in (log_p, log_q))
        return tf.reduce_sum(tf.where(own, 0.0, kl_terms(log_p, log_q)), axis=-1)
