"""The divergence between the teacher's and the student's softened distributions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import tensorflow as tf

from ._divergence import Divergence, kl_terms


@dataclass(frozen=True)
class SoftTargets(Divergence):
    r"""Match the teacher's probabilities at a temperature.

    With teacher logits $t$, student logits $s$ and temperature $T$

    $$\mathcal L = T^2 \sum_c p_c \,(\log p_c - \log q_c),\qquad
      p = \mathrm{softmax}(t/T),\; q = \mathrm{softmax}(s/T)$$

    in log space. `form="binary"` (one logit) and `"multilabel"` (mean over classes) put the two
    outcomes of a sigmoid in place of the softmax. $T^2$ keeps the gradient's size comparable
    across temperatures. Classes at -inf on either side add nothing. `trust="confidence"` weighs
    each position by the probability of the teacher's first choice, `trust="correct"` leaves out
    those where that is not the label. `soften="confidence"` gives each a temperature of its own,
    from $T$ where the teacher is sure to 1 where it does not know. `temperature` may be a
    `Schedule`.
    Raises `UserError` for a temperature that is not positive and finite.

    Source: Hinton, Vinyals, Dean 2015, arXiv:1503.02531, section 2. Higher temperatures for what
    is easy, after Wen et al. 2021, arXiv:1911.07471, section 3.2.

    >>> loss = SoftTargets(temperature=2.0)
    >>> from tfkd import Batch
    >>> s, t = {"logits": tf.constant([[0.0, 0.0]])}, {"logits": tf.constant([[2.0, 0.0]])}
    >>> loss(s, t, Batch()).numpy().round(4)
    array([0.4438], dtype=float32)
    """

    citation: ClassVar[str] = "Hinton, Vinyals, Dean 2015, arXiv:1503.02531"

    def terms(self, log_p: tf.Tensor, log_q: tf.Tensor) -> tf.Tensor:
        """Return p (log p - log q)."""
        return kl_terms(log_p, log_q)
