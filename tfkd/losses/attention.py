"""Where the student's heads look, matched with the teacher's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import tensorflow as tf

from ..errors import UserError
from ._batch import Batch, Outputs
from ._feature_tensors import as_tuple
from ._features import FeatureLoss
from ._pairs import log_of_probabilities, log_softmax_over_keys, mean_divergence, mean_square

KINDS, HEADS, READS = ("squared", "kl"), ("same", "mean"), ("attentions", "attention_scores")


@dataclass(frozen=True)
class Attention(FeatureLoss):
    r"""Match attention matrices `[batch, heads, queries, keys]`, layer by layer and head by head.

    $$\mathcal L_\text{squared} = \frac1{A\,n^2} \sum_{a,i,j} (A^s_{aij} - A^t_{aij})^2$$

    $$\mathcal L_\text{kl} =
      \frac1{A\,n} \sum_{a,i} \mathrm{KL}(A^t_{ai\cdot} \Vert A^s_{ai\cdot})$$

    over the $A$ heads and the $n$ tokens of an example; averaged over the pairs of layers. Padded
    queries and keys do not count, and `"kl"` shares each row's mass among the keys that are
    there, and of probabilities among those that the student has not at 0: models of transformers
    return what their dropout has left. `of="attentions"` reads probabilities,
    `of="attention_scores"` the scaled products
    before the softmax, which TinyBERT matches. Where the models have different numbers of heads,
    `heads="mean"` compares the mean over the heads of each side; otherwise that is refused.

    Source: Jiao et al. 2020 (TinyBERT), arXiv:1909.10351, equation 7 (`"squared"`); Wang et al.
    2020 (MiniLM), arXiv:2002.10957, equation 4 (`"kl"`, there of the last layer).

    >>> loss = Attention()
    >>> from tfkd import Batch
    >>> s, t = tf.constant([[[[0.5, 0.5], [0.5, 0.5]]]]), tf.constant([[[[1.0, 0.0], [0.5, 0.5]]]])
    >>> loss({"attentions": (s,)}, {"attentions": (t,)}, Batch()).numpy()
    array([0.125], dtype=float32)
    """

    citation: ClassVar[str] = "Jiao et al. 2020 (TinyBERT), arXiv:1909.10351"
    kind: str = "squared"
    of: str = "attentions"
    heads: str = "same"

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, known in (("kind", KINDS), ("heads", HEADS), ("of", READS)):
            if getattr(self, name) not in known:
                raise UserError(
                    f"Attention({name}={getattr(self, name)!r}): write one of "
                    f"{', '.join(map(repr, known))}."
                )

    @property
    def reads(self) -> tuple[str, ...]:  # type: ignore[override]
        """The output that `of` names."""
        return (self.of,)

    def counts(self, student: Outputs, batch: Batch) -> tf.Tensor:
        """Return 1 for each query that is there: `[batch, queries]`."""
        first = as_tuple(student[self.of])[0]
        if batch.token_mask is None:
            return tf.ones_like(first[:, 0, :, 0], tf.float32)
        return tf.cast(batch.token_mask, tf.float32)

    def pairwise(
        self,
        student: tf.Tensor,
        teacher: tf.Tensor,
        batch: Batch,
        weights: dict[str, tf.Tensor],
        name: str,
    ) -> tf.Tensor:
        """Return the distance of two layers' matrices: `[batch]`."""
        if self.kind == "kl":
            log = log_of_probabilities if self.of == "attentions" else log_softmax_over_keys
            mine, theirs = self._heads(student), self._heads(teacher)
            if self.of == "attentions":
                # What dropout or rounding has made 0 has no logarithm, and is no key on both sides.
                theirs = tf.where(mine > 0, theirs, 0.0)
            log_p, log_q = (log(side, batch.token_mask) for side in (theirs, mine))
            return mean_divergence(log_p, log_q, batch.token_mask)
        difference = self._heads(student) - self._heads(teacher)
        return mean_square(difference, batch.token_mask)

    def _heads(self, matrices: tf.Tensor) -> tf.Tensor:
        return tf.reduce_mean(matrices, 1, keepdims=True) if self.heads == "mean" else matrices

    def check_pair(self, name: str, student: tf.Tensor, teacher: tf.Tensor, batch: Batch) -> None:
        """Raise `UserError` where the numbers of tokens differ, or of heads that are compared."""
        mine, theirs = tuple(student.shape), tuple(teacher.shape)
        if len(mine) != 4 or len(theirs) != 4 or mine[2:] != theirs[2:]:
            raise UserError(
                f"Attention {name}: the student's {self.of} are {mine} and the teacher's {theirs}; "
                "both must be [batch, heads, queries, keys] of the same tokens."
            )
        if self.heads == "same" and mine[1] != theirs[1]:
            raise UserError(
                f"Attention {name}: the student has {mine[1]} heads and the teacher {theirs[1]}: "
                'write Attention(heads="mean") to compare their means, or Relations().'
            )
