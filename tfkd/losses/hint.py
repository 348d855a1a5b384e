"""The student's hidden states regressed on the teacher's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import tensorflow as tf

from ._batch import Batch
from ._feature_tensors import mean_over_tokens, project, zero_padding
from ._features import ProjectedLoss


@dataclass(frozen=True)
class Hint(ProjectedLoss):
    r"""Match hidden states, through a learnt projection where the widths differ.

    For each pair of layers, with student states $h_s$, teacher states $h_t$ of width $d$, and a
    learnt matrix $W$ (the identity where `projection="auto"` finds equal widths)

    $$\mathcal L = \frac1{|\text{tokens}|} \sum_i \frac1d \lVert h_{s,i} W - h_{t,i} \rVert^2$$

    averaged over the pairs. `projection` is `"auto"`, `"always"`, `"never"`, or `"pool"`, which
    averages the wider side's units in groups. Padded tokens do not count. A map
    `[b, h, w, c]` is compared position by position. The projections train with the student and
    are left out of its file.
    Raises `UserError` for widths that differ with `projection="never"`.

    Source: Romero et al. 2015, arXiv:1412.6550, equation 3 (there with 1/2, and a convolution as
    the regressor); TinyBERT's hidden-state loss, Jiao et al. 2020, arXiv:1909.10351, equation 8.

    >>> loss = Hint(layers=((-1, -1),))
    >>> from tfkd import Batch
    >>> s, t = tf.constant([[[1.0, 2.0]]]), tf.constant([[[3.0, 1.0]]])
    >>> loss({"hidden_states": (s,)}, {"hidden_states": (t,)}, Batch()).numpy()
    array([2.5], dtype=float32)
    """

    citation: ClassVar[str] = (
        "Romero et al. 2015, arXiv:1412.6550; Jiao et al. 2020 (TinyBERT), arXiv:1909.10351"
    )

    def pairwise(
        self,
        student: tf.Tensor,
        teacher: tf.Tensor,
        batch: Batch,
        weights: dict[str, tf.Tensor],
        name: str,
    ) -> tf.Tensor:
        """Average the squared difference over the tokens that are there: `[batch]`."""
        student, teacher = (zero_padding(side, batch.token_mask) for side in (student, teacher))
        difference = project(student, weights, name) - teacher
        return mean_over_tokens(tf.reduce_mean(tf.square(difference), axis=-1), batch.token_mask)
