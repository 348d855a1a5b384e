"""How much probability lies in another place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import tensorflow as tf

from ._divergence import Divergence


@dataclass(frozen=True)
class TotalVariation(Divergence):
    r"""Match the teacher's probabilities by the mass that would have to move.

    With $p$ and $q$ of teacher and student at the temperature $T$

    $$\mathcal L = \frac T2 \sum_c |p_c - q_c|$$

    At most $T$, and of equal slope however near the student is: robust against a teacher's odd
    outliers, slow at the end. ($T$ and not $T^2$: the distance is of first order.) Forms and
    -inf as in `SoftTargets`.

    Source: Wen et al. 2023, arXiv:2307.15190, section 2.2 (there without the temperature).

    >>> loss = TotalVariation(temperature=1.0)
    >>> from tfkd import Batch
    >>> s, t = {"logits": tf.constant([[0.0, 0.0]])}, {"logits": tf.constant([[2.0, 0.0]])}
    >>> loss(s, t, Batch()).numpy().round(4)
    array([0.3808], dtype=float32)
    """

    citation: ClassVar[str] = "Wen et al. 2023, arXiv:2307.15190"
    power: ClassVar[int] = 1

    def terms(self, log_p: tf.Tensor, log_q: tf.Tensor) -> tf.Tensor:
        """Return |p - q| / 2."""
        return 0.5 * tf.abs(tf.math.exp(log_p) - tf.math.exp(log_q))
