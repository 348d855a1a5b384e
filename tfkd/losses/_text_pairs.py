"""The pairs in a batch of single texts: both stand beside each other, as their labels say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import tensorflow as tf

from ..errors import UserError
from ._batch import IGNORE, Batch, Outputs
from ._positions import is_labelled
from ._vectors import EMBEDDING, VectorLoss

SECOND = 2.0
"""The place of the second text of a pair, the first one's is 1."""


class TextPairs(NamedTuple):
    """The pairs of a batch, each at the place of its second text, `[batch]`.

    Attributes:
        there: Where a pair with a score ends.
        score: From 0, of texts that have nothing in common, to 1; 0 where there is no pair.
    """

    there: tf.Tensor
    score: tf.Tensor


def find_pairs(batch: Batch) -> TextPairs:
    """Find the pairs by labels `[batch, 2]`: the score, and the place of the text in its pair."""
    labels = tf.cast(batch.labels, tf.float32)
    score, place = labels[:, 0], labels[:, 1]
    follows = tf.range(tf.shape(labels)[0]) > 0
    # A text whose other one is not right before it is none of a pair.
    before = tf.equal(tf.roll(place, 1, axis=0), SECOND - 1) & follows
    there = tf.equal(place, SECOND) & before & is_labelled(score)
    return TextPairs(there, tf.where(there, score, 0.0))


@dataclass(frozen=True)
class PairLoss(VectorLoss):
    """A loss on the vectors of pairs of texts, of whose scores labels tell.

    Labels are `[batch, 2]`: a score from 0 to 1, and 1 or 2 for the first or the second text of a
    pair, which follow each other; -100 in both where there is no pair. A pair counts once, at the
    place of its second text. A subclass defines `of_pairs`.
    """

    reads: ClassVar[tuple[str, ...]] = ()
    needs: ClassVar[tuple[str, ...]] = ("labels",)

    def __call__(
        self,
        student: Outputs,
        teacher: Outputs,
        batch: Batch,
        weights: dict[str, tf.Tensor] | None = None,
    ) -> tf.Tensor:
        """Average over the whole vectors and their prefixes; 0 where no pair ends: `[batch]`."""
        pairs = find_pairs(batch)
        values = []
        for vectors in self._vectors(student):
            first = tf.roll(vectors, 1, axis=0)
            values.append(self.of_pairs(first, vectors, pairs, batch))
        return tf.where(self._counted(pairs), tf.add_n(values) / float(len(values)), 0.0)

    def of_pairs(
        self, first: tf.Tensor, second: tf.Tensor, pairs: TextPairs, batch: Batch
    ) -> tf.Tensor:
        """Return the loss of each pair at the place of its second text: `[batch]`.

        Args:
            first: The vectors of the first texts, of length 1.
            second: Those of the second ones.
            pairs: Where there are pairs.
            batch: The rest of the batch.
        """
        raise NotImplementedError(f"{type(self).__name__} defines no of_pairs")

    def _vectors(self, student: Outputs) -> Iterator[tf.Tensor]:
        for _, vectors in self.parts(student[EMBEDDING]):
            yield vectors

    def _counted(self, pairs: TextPairs) -> tf.Tensor:
        """Return which pairs count."""
        return pairs.there

    def counts(self, student: Outputs, batch: Batch) -> tf.Tensor:
        """Return 1 where a pair ends that counts, else 0: `[batch]`."""
        return tf.cast(self._counted(find_pairs(batch)), tf.float32)

    def check(self, student: Outputs, teacher: Outputs | None, batch: Batch) -> None:
        """Raise `UserError` where labels are not those of pairs."""
        super().check(student, {EMBEDDING: student.get(EMBEDDING)}, batch)
        shape: Any = getattr(batch.labels, "shape", None)
        if shape is not None and (len(shape) != 2 or shape[-1] != 2):
            raise UserError(
                f"{type(self).__name__} got labels of shape {list(shape)}: give [texts, 2], the "
                "score from 0 to 1 and 1 or 2 for the first or second text of a pair "
                f"({IGNORE} in both for a text alone)."
            )
