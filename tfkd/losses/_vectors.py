"""What the losses on vectors of texts share: lengths of 1, prefixes, and learnt projections."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import tensorflow as tf

from ..errors import UserError
from ._base import DistillationLoss
from ._batch import Batch, Outputs
from ._feature_tensors import normalize, to_float

EMBEDDING = "embedding"
"""The output of a model of vectors, one for each text."""


@dataclass(frozen=True)
class VectorLoss(DistillationLoss):
    """A loss on one vector an example, the output `embedding`, `[batch, dimensions]`.

    `prefixes` are numbers of first dimensions that have to serve by themselves, as the whole vector
    has to: the loss is their mean. A subclass defines `between`.
    """

    reads: ClassVar[tuple[str, ...]] = (EMBEDDING,)
    student_reads: ClassVar[tuple[str, ...]] = (EMBEDDING,)
    prefixes: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        prefixes = tuple(self.prefixes)
        if not all(type(each) is int and each > 0 for each in prefixes):
            raise UserError(
                f"{type(self).__name__}(prefixes={prefixes}): write whole numbers above 0, such as "
                "(32, 64, 128)."
            )
        object.__setattr__(self, "prefixes", tuple(sorted(set(prefixes))))

    def __call__(
        self,
        student: Outputs,
        teacher: Outputs,
        batch: Batch,
        weights: dict[str, tf.Tensor] | None = None,
    ) -> tf.Tensor:
        """Average over the whole vectors and their prefixes: `[batch]`."""
        theirs = normalize(tf.stop_gradient(to_float(teacher[EMBEDDING])))
        values = [
            self.between(vectors, theirs, (weights or {}).get(name))
            for name, vectors in self.parts(student[EMBEDDING])
        ]
        return tf.add_n(values) / float(len(values))

    def between(self, student: tf.Tensor, teacher: tf.Tensor, projection: Any | None) -> tf.Tensor:
        """Return the loss of each vector: `[batch]`.

        Args:
            student: Vectors of length 1, float32.
            teacher: Vectors of length 1, float32, through which no gradient passes.
            projection: The matrix from the student's to the teacher's, if there is one.
        """
        raise NotImplementedError(f"{type(self).__name__} defines no between")

    def parts(self, vectors: tf.Tensor) -> Iterator[tuple[str, tf.Tensor]]:
        """Yield the prefixes and the whole vectors by name, each of length 1."""
        width = int(vectors.shape[-1])
        for size in (*(each for each in self.prefixes if each < width), width):
            yield f"first_{size}", normalize(to_float(vectors)[:, :size])

    def counts(self, student: Outputs, batch: Batch) -> tf.Tensor:
        """Return 1 for each example: `[batch]`."""
        return tf.ones(tf.shape(student[EMBEDDING])[:1], tf.float32)

    def check(self, student: Outputs, teacher: Outputs | None, batch: Batch) -> None:
        """Raise `UserError` where an output is no vector, or shorter than its prefixes."""
        for whose, side in (("student", student), ("teacher", teacher or {})):
            shape = getattr(side.get(EMBEDDING), "shape", (None, None))
            if len(shape) != 2:
                raise UserError(
                    f"the {whose}'s {EMBEDDING} is of shape {list(shape)}: expected one vector for "
                    "each text, [batch, dimensions]."
                )
        width = getattr(student.get(EMBEDDING), "shape", (None, None))[-1]
        if width is not None and max(self.prefixes, default=0) > width:
            raise UserError(
                f"{type(self).__name__}(prefixes={self.prefixes}): the student's vectors have "
                f"{width} dimensions; write fewer than that."
            )
