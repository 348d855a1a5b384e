"""The student's vectors of texts regressed on the teacher's, or turned into their direction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import tensorflow as tf

from ..errors import UserError
from ._batch import Outputs
from ._feature_tensors import normalize
from ._vectors import EMBEDDING, VectorLoss

ERRORS = ("cosine", "squared")
PROJECTIONS = ("auto", "always", "never")


@dataclass(frozen=True)
class VectorError(VectorLoss):
    r"""Match the teacher's vectors of texts, through a learnt projection where the widths differ.

    With the student's vector $s$ and the teacher's $t$, both of length 1, and a learnt matrix $W$

    $$\mathcal L_\text{cosine} = 1 - \cos(s W, t), \qquad
      \mathcal L_\text{squared} = \tfrac12 \lVert s W - t \rVert^2$$

    `error` is `"cosine"`, which leaves the length of $sW$ free, or `"squared"`, which is the same
    for a length of 1. `projection` is `"auto"` (where the widths differ), `"always"` or `"never"`;
    the matrices train with the student and are left out of its file. With `prefixes`, the first
    dimensions alone have to serve too, each number of them with a matrix of its own: the loss is
    the mean over these and the whole vector.
    Raises `UserError` for widths that differ with `projection="never"`.

    Source: Reimers and Gurevych 2020, arXiv:2004.09813, equation 1; Kusupati et al. 2022
    (Matryoshka), arXiv:2205.13147, equation 1, for the prefixes.

    >>> loss = VectorError()
    >>> from tfkd import Batch
    >>> s, t = tf.constant([[3.0, 4.0], [0.0, 2.0]]), tf.constant([[4.0, 3.0], [1.0, 0.0]])
    >>> loss({"embedding": s}, {"embedding": t}, Batch()).numpy().round(4)
    array([0.04, 1.  ], dtype=float32)
    """

    citation: ClassVar[str] = "Reimers and Gurevych 2020, arXiv:2004.09813"
    error: str = "cosine"
    projection: str = "auto"

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, known in (("error", ERRORS), ("projection", PROJECTIONS)):
            if getattr(self, name) not in known:
                raise UserError(
                    f"VectorError({name}={getattr(self, name)!r}): write one of "
                    f"{', '.join(map(repr, known))}."
                )

    def weights(self, student: Outputs, teacher: Outputs) -> dict[str, tuple[int, ...]]:
        """Return `(student width, teacher width)` for each prefix that needs a matrix."""
        wanted = int(teacher[EMBEDDING].shape[-1])
        return {
            name: (int(vectors.shape[-1]), wanted)
            for name, vectors in self.parts(student[EMBEDDING])
            if self._projects(int(vectors.shape[-1]), wanted)
        }

    def _projects(self, width: int, wanted: int) -> bool:
        if width != wanted and self.projection == "never":
            raise UserError(
                f"VectorError: the student's vectors have {width} dimensions and the teacher's "
                f'{wanted}: write projection="auto" for a learnt projection.'
            )
        return self.projection == "always" or width != wanted

    def between(self, student: tf.Tensor, teacher: tf.Tensor, projection: Any | None) -> tf.Tensor:
        """Return the error of each vector: `[batch]`."""
        if projection is not None:
            student = tf.linalg.matmul(student, tf.cast(projection, tf.float32))
        if self.error == "squared":
            return 0.5 * tf.reduce_sum(tf.square(student - teacher), axis=-1)
        return 1.0 - tf.reduce_sum(normalize(student) * teacher, axis=-1)
