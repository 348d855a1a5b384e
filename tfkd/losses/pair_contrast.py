"""Find the text that belongs to a text, among all that are in the batch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import tensorflow as tf

from ._batch import Batch
from ._divergence import check_temperature
from ._text_pairs import PairLoss, TextPairs

RIGHT = 0.5
"""From this score on, both texts of a pair belong together."""
_HIDDEN = -1e9


@dataclass(frozen=True)
class PairContrast(PairLoss):
    r"""Let the first text of a pair find its second one among those of the other pairs (InfoNCE).

    With $q_i$ and $a_i$ the vectors of pair $i$, over the pairs $j$ of the batch

    $$\mathcal L_i = -\log \frac{\exp(q_i^\top a_i / \tau)}{\sum_j \exp(q_i^\top a_j / \tau)}$$

    A pair counts if its score is 0.5 or more; the second texts of all others are further wrong
    answers, and hard ones where the first text is the same. Other right answers to the same
    question, and the same text as another answer, are not taken for wrong ones. On N replicas the
    batch is each replica's share, so large batches on few of them teach more. Labels are as in
    `PairScore`, and `prefixes` as in `VectorError`.

    Source: van den Oord et al. 2018, arXiv:1807.03748, equation 4; with pairs of texts Henderson et
    al. 2017, arXiv:1705.00652, section 4.

    >>> loss = PairContrast(temperature=1.0)
    >>> from tfkd import Batch
    >>> vectors = tf.constant([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])
    >>> labels = tf.constant([[1.0, 1.0], [1.0, 2.0], [1.0, 1.0], [1.0, 2.0]])
    >>> loss({"embedding": vectors}, {}, Batch(labels=labels)).numpy().round(4)
    array([0.    , 0.3133, 0.    , 0.3133], dtype=float32)
    """

    citation: ClassVar[str] = "van den Oord et al. 2018, arXiv:1807.03748"
    temperature: float = 0.05

    def __post_init__(self) -> None:
        super().__post_init__()
        check_temperature(self.temperature)

    def _counted(self, pairs: TextPairs) -> tf.Tensor:
        return pairs.there & (pairs.score >= RIGHT)

    def of_pairs(
        self, first: tf.Tensor, second: tf.Tensor, pairs: TextPairs, batch: Batch
    ) -> tf.Tensor:
        """Return the cross-entropy of finding one's own: `[batch]`."""
        similarity = tf.matmul(first, second, transpose_b=True) / self.temperature
        own = tf.eye(tf.shape(first)[0], dtype=tf.bool)
        others = pairs.there[None, :] & ~_are_right(pairs, batch)
        logits = tf.where(own | others, similarity, _HIDDEN)
        places = tf.range(tf.shape(first)[0])
        return tf.nn.sparse_softmax_cross_entropy_with_logits(places, logits)


def _are_right(pairs: TextPairs, batch: Batch) -> tf.Tensor:
    """Find other second texts that are right too, `[batch, batch]`, by the ids of the texts."""
    inputs = batch.inputs
    ids = next(iter(inputs.values())) if isinstance(inputs, Mapping) else inputs
    count = tf.shape(pairs.there)[0]
    if ids is None:
        return tf.zeros([count, count], tf.bool)
    same = tf.reduce_all(tf.equal(ids[:, None], ids[None]), axis=-1)
    same_question = tf.roll(tf.roll(same, 1, axis=0), 1, axis=1)
    right = pairs.there & (pairs.score >= RIGHT)
    return same | (same_question & right[None, :])
