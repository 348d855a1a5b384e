"""The similarity of both texts of a pair against the score that people gave it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import tensorflow as tf

from ..errors import UserError
from ._batch import Batch
from ._divergence import check_temperature
from ._text_pairs import PairLoss, TextPairs

ERRORS = ("squared", "ranking")
_HIDDEN = -1e9


@dataclass(frozen=True)
class PairScore(PairLoss):
    r"""Bring the cosine of a pair near its score, or the cosines of all pairs in order.

    With $c_i$ the cosine of both vectors of pair $i$ and $y_i$ its score, from 0 to 1

    $$\mathcal L_\text{squared} = (c_i - y_i)^2, \qquad
      \mathcal L_\text{ranking} = \log\Big(1 + \sum_{y_j > y_k} e^{(c_k - c_j) / \tau}\Big)$$

    `error="ranking"` asks for the order alone, over the pairs of a batch (on N replicas, of each
    one's share), and has $\tau$ as its `temperature`. Labels are `[batch, 2]`: the score, and 1 or
    2 for the first or second text of a pair, which stand beside each other. `prefixes` as in
    `VectorError`.

    Source: Reimers and Gurevych 2019 (Sentence-BERT), arXiv:1908.10084, section 3; Li and Li 2023
    (AnglE), arXiv:2309.12871, cosine objective.

    >>> loss = PairScore()
    >>> from tfkd import Batch
    >>> vectors = tf.constant([[1.0, 0.0], [0.6, 0.8], [1.0, 0.0]])
    >>> labels = tf.constant([[1.0, 1.0], [1.0, 2.0], [-100.0, -100.0]])
    >>> loss({"embedding": vectors}, {}, Batch(labels=labels)).numpy().round(4)
    array([0.  , 0.16, 0.  ], dtype=float32)
    """

    citation: ClassVar[str] = "Reimers and Gurevych 2019 (Sentence-BERT), arXiv:1908.10084"
    error: str = "squared"
    temperature: float = 0.05

    def __post_init__(self) -> None:
        super().__post_init__()
        check_temperature(self.temperature)
        if self.error not in ERRORS:
            raise UserError(f"PairScore(error={self.error!r}): write 'squared' or 'ranking'.")

    def of_pairs(
        self, first: tf.Tensor, second: tf.Tensor, pairs: TextPairs, batch: Batch
    ) -> tf.Tensor:
        """Return the error of each pair: `[batch]`."""
        cosines = tf.reduce_sum(first * second, axis=-1)
        if self.error == "squared":
            return tf.square(cosines - pairs.score)
        both = pairs.there[:, None] & pairs.there[None, :]
        ordered = both & (pairs.score[:, None] > pairs.score[None, :])
        wrong = (cosines[None, :] - cosines[:, None]) / self.temperature
        terms = tf.reshape(tf.where(ordered, wrong, _HIDDEN), [-1])
        value = tf.reduce_logsumexp(tf.concat([[0.0], terms], axis=0))
        return tf.fill(tf.shape(cosines), value)
