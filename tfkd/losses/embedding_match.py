"""The student's embeddings regressed on the teacher's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from .hint import Hint
from .layer_maps import Pairs


@dataclass(frozen=True)
class EmbeddingMatch(Hint):
    r"""Match the output of the embeddings, through a learnt projection where the widths differ.

    $$\mathcal L = \frac1{|\text{tokens}|} \sum_i \frac1d \lVert e_{s,i} W - e_{t,i} \rVert^2$$

    `Hint` on `embeddings`; `projection` and padding as there.

    Source: Jiao et al. 2020 (TinyBERT), arXiv:1909.10351, equation 9.

    >>> import tensorflow as tf
    >>> loss = EmbeddingMatch()
    >>> from tfkd import Batch
    >>> s, t = tf.constant([[[1.0, 2.0]]]), tf.constant([[[3.0, 1.0]]])
    >>> loss({"embeddings": s}, {"embeddings": t}, Batch()).numpy()
    array([2.5], dtype=float32)
    """

    citation: ClassVar[str] = "Jiao et al. 2020 (TinyBERT), arXiv:1909.10351"
    reads: ClassVar[tuple[str, ...]] = ("embeddings",)
    layers: str | Pairs = ((0, 0),)
