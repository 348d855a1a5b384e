"""The divergence the other way round: where the student puts mass, the teacher must have some."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import tensorflow as tf

from ._divergence import Divergence, both_finite


@dataclass(frozen=True)
class ReverseKL(Divergence):
    r"""Match the teacher's probabilities, weighing the classes by the student's own.

    With $p = \mathrm{softmax}(t/T)$ of the teacher and $q = \mathrm{softmax}(s/T)$ of the student

    $$\mathcal L = T^2 \sum_c q_c \,(\log q_c - \log p_c)$$

    It seeks a mode of the teacher where `SoftTargets` covers all of them: for students too small
    to cover all, and for large vocabularies. Forms, temperature and -inf as in `SoftTargets`.

    Source: Gu et al. 2024 (MiniLLM), arXiv:2306.08543, equation 1; $T^2$ as in Hinton et al.

    >>> loss = ReverseKL(temperature=1.0)
    >>> from tfkd import Batch
    >>> s, t = {"logits": tf.constant([[0.0, 0.0]])}, {"logits": tf.constant([[2.0, 0.0]])}
    >>> loss(s, t, Batch()).numpy().round(4)
    array([0.4338], dtype=float32)
    """

    citation: ClassVar[str] = "Gu et al. 2024 (MiniLLM), arXiv:2306.08543"

    def terms(self, log_p: tf.Tensor, log_q: tf.Tensor) -> tf.Tensor:
        """Return q (log q - log p)."""
        _, p, q = both_finite(log_p, log_q)
        return tf.math.exp(log_q) * (q - p)
