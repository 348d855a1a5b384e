"""How tokens relate to each other in the teacher's queries, keys and values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import tensorflow as tf

from ..errors import UserError
from ._batch import Batch, Outputs
from ._feature_tensors import as_tuple, to_float
from ._features import FeatureLoss
from ._pairs import log_softmax_over_keys, mean_divergence
from .layer_maps import Pairs

OUTPUTS = {"q": "queries", "k": "keys", "v": "values"}


@dataclass(frozen=True)
class Relations(FeatureLoss):
    r"""Match the softmax of scaled products between the tokens' queries, keys or values.

    With $X, Y$ two of queries, keys and values, all heads of a layer set side by side and cut
    into $A$ relation heads of width $d$

    $$\mathcal L = \sum_{XY} \frac1{A\,n} \sum_{a,i} \mathrm{KL}(R^t_{ai\cdot} \Vert R^s_{ai\cdot}),
      \qquad R_a = \mathrm{softmax}\big(X_a Y_a^\top / \sqrt d\big)$$

    over the $n$ tokens that are there. `relations=("qq", "kk", "vv")` is MiniLMv2, and
    `("qk", "vv")` MiniLM. Neither widths nor numbers of heads need to agree: `heads` is $A$, by
    default the student's own number of heads, and must divide both widths. By default the last
    layer learns from the last; MiniLMv2 takes an upper middle one of large teachers.

    Source: Wang et al. 2021 (MiniLMv2), arXiv:2012.15828, equations 4 to 7; Wang et al. 2020
    (MiniLM), arXiv:2002.10957, equations 4 to 6.

    >>> loss = Relations(relations=("vv",))
    >>> from tfkd import Batch
    >>> s, t = tf.constant([[[[0.0], [0.0]]]]), tf.constant([[[[1.0], [0.0]]]])
    >>> loss({"values": (s,)}, {"values": (t,)}, Batch()).numpy().round(4)
    array([0.0555], dtype=float32)
    """

    citation: ClassVar[str] = "Wang et al. 2021 (MiniLMv2), arXiv:2012.15828"
    layers: str | Pairs = "final"
    relations: tuple[str, ...] = ("qq", "kk", "vv")
    heads: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "relations", tuple(self.relations))
        if not self.relations or any(
            len(pair) != 2 or set(pair) - set(OUTPUTS) for pair in self.relations
        ):
            raise UserError(
                f'Relations(relations={self.relations!r}): write pairs of "q", "k" and "v", e.g. '
                '("qq", "kk", "vv").'
            )
        if self.heads < 0:
            raise UserError(f"Relations(heads={self.heads}): write a positive number, or 0.")

    @property
    def reads(self) -> tuple[str, ...]:  # type: ignore[override]
        """The outputs that the relations are made of."""
        return tuple(OUTPUTS[x] for x in OUTPUTS if any(x in pair for pair in self.relations))

    def counts(self, student: Outputs, batch: Batch) -> tf.Tensor:
        """Return 1 for each token that is there: `[batch, tokens]`."""
        first = as_tuple(student[self.reads[0]])[0]
        if batch.token_mask is None:
            return tf.ones_like(first[:, 0, :, 0], tf.float32)
        return tf.cast(batch.token_mask, tf.float32)

    def __call__(
        self,
        student: Outputs,
        teacher: Outputs,
        batch: Batch,
        weights: dict[str, tf.Tensor] | None = None,
    ) -> tf.Tensor:
        """Sum over the relations and average over the pairs of layers: `[batch]`."""
        pairs, mask = self.map(student, teacher), batch.token_mask
        values = []
        for s, t in pairs:
            heads = self.heads or int(as_tuple(student[self.reads[0]])[s].shape[1])
            for x, y in map(tuple, self.relations):
                q = self._relation(student, s, x, y, heads, mask)
                p = tf.stop_gradient(self._relation(teacher, t, x, y, heads, mask))
                values.append(mean_divergence(p, q, mask))
        return tf.add_n(values) / float(len(pairs))

    def _relation(
        self, side: Outputs, layer: int, x: str, y: str, heads: int, mask: tf.Tensor | None
    ) -> tf.Tensor:
        """Return the log of one relation: `[batch, heads, tokens, tokens]`."""
        one, two = (
            _split_heads(to_float(as_tuple(side[OUTPUTS[name]])[layer]), heads, mask)
            for name in (x, y)
        )
        scores = tf.matmul(one, two, transpose_b=True) / float(one.shape[-1]) ** 0.5
        return log_softmax_over_keys(scores, mask)

    def check(self, student: Outputs, teacher: Outputs | None, batch: Batch) -> None:
        """Raise `UserError` where a width does not divide among the relation heads."""
        if teacher is None or any(n not in s for s in (student, teacher) for n in self.reads):
            return
        for s, t in self.map(student, teacher):
            sides = (as_tuple(student[self.reads[0]])[s], as_tuple(teacher[self.reads[0]])[t])
            heads = self.heads or int(sides[0].shape[1])
            for whose, tensor in zip(("student", "teacher"), sides, strict=True):
                width = tensor.shape[1] * tensor.shape[-1]
                if width % heads:
                    raise UserError(
                        f"Relations: the {whose} is {width} wide, which {heads} heads do not "
                        "divide: write Relations(heads=...), a number that divides both widths."
                    )


def _split_heads(tensor: tf.Tensor, heads: int, mask: tf.Tensor | None) -> tf.Tensor:
    """Split the heads, side by side, again: `[batch, heads, tokens, width]`; 0 at the padding."""
    width = tensor.shape[1] * tensor.shape[-1] // heads
    if mask is not None:
        tensor = tf.where(tf.cast(mask, tf.float32)[:, None, :, None] > 0, tensor, 0.0)
    if tensor.shape[1] == heads:
        return tensor
    shape = tf.shape(tensor)
    flat = tf.transpose(tensor, [0, 2, 1, 3])
    split = tf.reshape(flat, [shape[0], shape[2], heads, width])
    return tf.transpose(split, [0, 2, 1, 3])
