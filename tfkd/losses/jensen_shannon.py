"""The divergence of both distributions from their mean: bounded and symmetric."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import tensorflow as tf

from ._divergence import Divergence, both_finite


@dataclass(frozen=True)
class JensenShannon(Divergence):
    r"""Match the teacher's probabilities by the divergence of each side from their mean.

    With $p$ and $q$ of teacher and student at the temperature $T$, and $m = (p + q)/2$

    $$\mathcal L = \frac{T^2}2 \sum_c \left[p_c \,(\log p_c - \log m_c)
      + q_c \,(\log q_c - \log m_c)\right]$$

    At most $T^2 \ln 2$, so that a teacher that is wrong and sure of it pulls no harder than that.
    Forms, temperature and -inf as in `SoftTargets`.

    Source: Lin 1991, doi:10.1109/18.61115, equation 4.1; Wen et al. 2023, arXiv:2307.15190, for
    distillation.

    >>> loss = JensenShannon(temperature=1.0)
    >>> from tfkd import Batch
    >>> s, t = {"logits": tf.constant([[0.0, 0.0]])}, {"logits": tf.constant([[2.0, 0.0]])}
    >>> loss(s, t, Batch()).numpy().round(4)
    array([0.0895], dtype=float32)
    """

    citation: ClassVar[str] = "Lin 1991, doi:10.1109/18.61115; Wen et al. 2023, arXiv:2307.15190"

    def terms(self, log_p: tf.Tensor, log_q: tf.Tensor) -> tf.Tensor:
        """Return (p (log p - log m) + q (log q - log m)) / 2."""
        possible, p, q = both_finite(log_p, log_q)
        log_m = q + tf.nn.softplus(p - q) - math.log(2.0)
        values = tf.math.exp(p) * (p - log_m) + tf.math.exp(q) * (q - log_m)
        return tf.where(possible, 0.5 * values, 0.0)
