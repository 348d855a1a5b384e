"""The squared distance of the two models' probabilities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import tensorflow as tf

from ._divergence import Divergence


@dataclass(frozen=True)
class ProbabilityError(Divergence):
    r"""Match the teacher's probabilities by their squared differences.

    With $p = \mathrm{softmax}(t/T)$ of the teacher and $q = \mathrm{softmax}(s/T)$ of the student

    $$\mathcal L = T^2 \sum_c (p_c - q_c)^2$$

    This is Brier's score with the teacher's probabilities in the place of the outcome. At most
    $2\,T^2$, and flat where the student is sure and wrong: gentle towards a teacher that errs,
    slow at the start. `LogitError` is the squared error before the softmax. Forms, temperature and
    -inf as in `SoftTargets`.

    Source: Brier 1950, equation 2; for distillation Ba and Caruana 2014, arXiv:1312.6184, section
    2.2, and Kim et al. 2021, arXiv:2105.08919, who compare errors of logits and of probabilities.

    >>> loss = ProbabilityError(temperature=1.0)
    >>> from tfkd import Batch
    >>> s, t = {"logits": tf.constant([[0.0, 0.0]])}, {"logits": tf.constant([[2.0, 0.0]])}
    >>> loss(s, t, Batch()).numpy().round(4)
    array([0.29], dtype=float32)
    """

    citation: ClassVar[str] = "Brier 1950; Ba and Caruana 2014, arXiv:1312.6184"

    def terms(self, log_p: tf.Tensor, log_q: tf.Tensor) -> tf.Tensor:
        """Return (p - q)²."""
        return tf.square(tf.math.exp(log_p) - tf.math.exp(log_q))
