"""How the units of a layer go together, or those of two layers that follow each other."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import tensorflow as tf

from ..errors import UserError
from ._batch import Batch, Outputs
from ._feature_tensors import project, to_bool, to_float, zero_padding
from ._features import ProjectedLoss

BETWEEN = ("same", "next")


@dataclass(frozen=True)
class Gram(ProjectedLoss):
    r"""Match the matrix of products between units, summed over the positions of an example.

    With states $h$ of $n$ positions and width $d$ (tokens, or places of a map `[b, h, w, c]`)

    $$\mathcal L = \frac1{d\,d'} \lVert G^s - G^t \rVert^2, \qquad
      G = \frac1n \sum_i h_i\, {h'_i}^\top$$

    averaged over the pairs of layers. `between="same"` takes $h' = h$: which units are active
    together, wherever they are. `between="next"` takes $h'$ from the next pair of layers: how the
    network gets from one to the other (FSP matrices); both layers must have the same positions.
    Padded tokens do not count. Widths as in `Hint`: a learnt projection where they differ.

    Source: Huang and Wang 2017 (NST), arXiv:1707.01219, equation 7 (`"same"`); Yim et al. 2017
    (FSP), CVPR, equations 1 and 2 (`"next"`; there the sum over the matrix).

    >>> loss = Gram(layers=((0, 0),))
    >>> from tfkd import Batch
    >>> s, t = tf.constant([[[1.0], [1.0]]]), tf.constant([[[2.0], [0.0]]])
    >>> loss({"hidden_states": (s,)}, {"hidden_states": (t,)}, Batch()).numpy()
    array([1.], dtype=float32)
    """

    citation: ClassVar[str] = (
        "Yim et al. 2017 (FSP), CVPR; Huang and Wang 2017 (NST), arXiv:1707.01219"
    )
    between: str = "same"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.between not in BETWEEN:
            raise UserError(f"Gram(between={self.between!r}): write 'same' or 'next'.")

    def __call__(
        self,
        student: Outputs,
        teacher: Outputs,
        batch: Batch,
        weights: dict[str, tf.Tensor] | None = None,
    ) -> tf.Tensor:
        """Average the squared difference of the matrices over the pairs of layers: `[batch]`."""
        sides = [
            (
                project(zero_padding(to_float(s), batch.token_mask), weights or {}, name),
                tf.stop_gradient(zero_padding(to_float(t), batch.token_mask)),
            )
            for name, s, t in self.matched(student, teacher)
        ]
        values = [
            tf.reduce_mean(tf.square(_products(s, s2, batch) - _products(t, t2, batch)), [1, 2])
            for (s, t), (s2, t2) in self._in_twos(sides)
        ]
        return tf.add_n(values) / float(len(values))

    def _in_twos(self, sides: list[Any]) -> Iterator[tuple[Any, Any]]:
        """Yield each pair of layers with the one that its products are taken with."""
        return zip(sides, sides, strict=True) if self.between == "same" else _steps(sides)

    def check(self, student: Outputs, teacher: Outputs | None, batch: Batch) -> None:
        """Raise `UserError` for positions that differ, and one layer where two are needed."""
        super().check(student, teacher, batch)
        if self.between == "same" or teacher is None or self.reads[0] not in teacher:
            return
        shapes = [(s.shape, t.shape) for _, s, t in self.matched(student, teacher)]
        if len(shapes) < 2:
            raise UserError(
                'Gram(between="next") goes from one pair of layers to the next, and there is one: '
                'name two or more, layers=((s, t), (s2, t2)), or write between="same".'
            )
        for one, two in _steps(shapes):
            for first, second in zip(one, two, strict=True):
                if None not in (first[1], second[1]) and first[1] != second[1]:
                    raise UserError(
                        f'Gram(between="next"): layers of {first[1]} and {second[1]} positions '
                        "have no products: take layers of one size, or pool the larger map."
                    )


def _steps(items: list[Any]) -> Iterator[tuple[Any, Any]]:
    return itertools.pairwise(items)


def _products(one: tf.Tensor, two: tf.Tensor, batch: Batch) -> tf.Tensor:
    """Return the mean over the positions of the products: `[batch, width, width]`."""
    if one.shape.rank == 2:
        return one[:, :, None] * two[:, None]
    total = tf.matmul(one, two, transpose_a=True)
    if batch.token_mask is None:
        return total / tf.cast(tf.shape(one)[1], tf.float32)
    count = tf.reduce_sum(tf.cast(to_bool(batch.token_mask), tf.float32), axis=1)
    return tf.math.divide_no_nan(total, count[:, None, None])
