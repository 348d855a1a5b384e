"""The bases of the losses on hidden states, attentions and embeddings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import tensorflow as tf

from ..errors import UserError
from ._base import DistillationLoss
from ._batch import Batch, Outputs
from ._feature_tensors import (
    as_positions,
    as_tuple,
    mean_of_map,
    pool,
    pool_width,
    shrink_map,
    to_float,
    token_weights,
)
from .layer_maps import Pairs, as_pairs, pairs_of

PROJECTIONS = ("auto", "always", "never", "pool")
# What may be a map of an image, `[batch, height, width, channels]`.
_MAPS = ("hidden_states", "embeddings")
POOLINGS = ("first", "mean")


@dataclass(frozen=True)
class FeatureLoss(DistillationLoss):
    """A loss on pairs of tensors from inside the models, averaged over the pairs.

    `layers` says which: pairs `((student, teacher), ...)` of places in the tuples that the models
    return (of `hidden_states` 0 is the embeddings' output), or the name of a map, see
    `tfkd.losses.layer_maps`. A subclass defines `pairwise` for one pair, and `reads` one output.
    """

    reads: ClassVar[tuple[str, ...]] = ("hidden_states",)
    layers: str | Pairs = "uniform"

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "layers", as_pairs(self.layers, type(self).__name__))

    @property
    def student_reads(self) -> tuple[str, ...]:  # type: ignore[override]
        """What the loss reads of the student: the same as of the teacher."""
        return self.reads

    def pairwise(
        self, student: tf.Tensor, teacher: tf.Tensor, batch: Batch, weights: dict, name: str
    ) -> tf.Tensor:
        """Return the loss of one pair: `[batch]`.

        Args:
            student: Its tensor, float32.
            teacher: Its tensor, float32, through which no gradient passes.
            batch: Labels and masks.
            weights: The trainable projections by name.
            name: The pair's, e.g. `pair_1_2`, which its weights begin with.
        """
        raise NotImplementedError(f"{type(self).__name__} defines no pairwise")

    def __call__(
        self,
        student: Outputs,
        teacher: Outputs,
        batch: Batch,
        weights: dict[str, tf.Tensor] | None = None,
    ) -> tf.Tensor:
        """Average `pairwise` over the pairs of layers: `[batch]`."""
        values = [
            self.pairwise(to_float(s), tf.stop_gradient(to_float(t)), batch, weights or {}, name)
            for name, s, t in self.matched(student, teacher)
        ]
        return tf.add_n(values) / float(len(values))

    def matched(
        self, student: Outputs, teacher: Outputs
    ) -> Iterator[tuple[str, tf.Tensor, tf.Tensor]]:
        """Yield the tensors of each pair, after a name for its weights: `pair_1_2`."""
        mine, theirs = (as_tuple(side[self.reads[0]]) for side in (student, teacher))
        for s, t in self.map(student, teacher):
            name = f"pair_{s % len(mine)}_{t % len(theirs)}"
            if self.reads[0] in _MAPS:
                yield name, *self.fit_maps(name, mine[s], theirs[t])
            else:
                yield name, mine[s], theirs[t]

    def fit_maps(
        self, name: str, student: tf.Tensor, teacher: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Return maps `[batch, height, width, channels]` as positions; all else as it is.

        The larger map is averaged down to the size of the smaller one.

        Raises:
            UserError: Sizes of which neither divides the other.
        """
        try:
            student, teacher = shrink_map(student, teacher), shrink_map(teacher, student)
        except ValueError:
            sizes = (" x ".join(map(str, side.shape[1:-1])) for side in (student, teacher))
            raise UserError(
                "{} {}: the student's map is {} and the teacher's {}, of which neither divides the "
                "other: tap layers whose sizes do.".format(type(self).__name__, name, *sizes)
            ) from None
        return as_positions(student), as_positions(teacher)

    def counts(self, student: Outputs, batch: Batch) -> tf.Tensor:
        """Return 1 for each token that is there, `[batch, tokens]`; without tokens `[batch]`."""
        features = as_tuple(student[self.reads[0]])[-1]
        if self.reads[0] in _MAPS:
            features = as_positions(features)
        return token_weights(features, batch.token_mask)

    def map(self, student: Outputs, teacher: Outputs) -> Pairs:
        """Return the pairs of layers that are compared."""
        mine, theirs = (len(as_tuple(side[self.reads[0]])) for side in (student, teacher))
        return pairs_of(self.layers, mine, theirs, int(self.reads[0] == "hidden_states"))

    def check(self, student: Outputs, teacher: Outputs | None, batch: Batch) -> None:
        """Raise `UserError` where a layer is missing, or the sides differ in their tokens."""
        if teacher is None or self.reads[0] not in teacher or self.reads[0] not in student:
            return
        for name, s, t in self.matched(student, teacher):
            self.check_pair(name, s, t, batch)

    def check_pair(self, name: str, student: tf.Tensor, teacher: tf.Tensor, batch: Batch) -> None:
        """Raise `UserError` where a pair does not fit."""
        mine, theirs = tuple(student.shape), tuple(teacher.shape)
        if len(mine) != len(theirs) or (None not in mine + theirs and mine[:-1] != theirs[:-1]):
            raise UserError(
                f"{type(self).__name__} {name}: the student's {self.reads[0]} are {mine} and the "
                f"teacher's {theirs}; both must have a row at the same tokens of the same "
                "examples: use the teacher's tokenizer, or a loss on pooled outputs."
            )


@dataclass(frozen=True)
class ProjectedLoss(FeatureLoss):
    """A loss on pairs of layers, with a learnt projection of the student's to the teacher's width.

    `projection` is `"auto"` (where the widths differ), `"always"` or `"never"`. `"pool"` learns
    nothing: the wider side's units are averaged in as many groups as the narrower side is wide.
    """

    projection: str = "auto"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.projection not in PROJECTIONS:
            raise UserError(
                f"{type(self).__name__}(projection={self.projection!r}): write one of "
                f"{', '.join(map(repr, PROJECTIONS))}."
            )

    def weights(self, student: Outputs, teacher: Outputs) -> dict[str, tuple[int, ...]]:
        """Return `(student width, teacher width)` for each pair that needs a matrix."""
        return {
            name: (int(s.shape[-1]), int(t.shape[-1]))
            for name, s, t in self.matched(student, teacher)
            if self.projection == "always"
            or (self.projection == "auto" and s.shape[-1] != t.shape[-1])
        }

    def matched(
        self, student: Outputs, teacher: Outputs
    ) -> Iterator[tuple[str, tf.Tensor, tf.Tensor]]:
        """Yield the tensors of each pair, of one width where that is pooled."""
        for name, s, t in super().matched(student, teacher):
            if self.projection == "pool":
                yield name, pool_width(s, t), pool_width(t, s)
            else:
                yield name, s, t

    def check_pair(self, name: str, student: tf.Tensor, teacher: tf.Tensor, batch: Batch) -> None:
        """Raise `UserError` where tokens differ, or widths without a projection."""
        super().check_pair(name, student, teacher, batch)
        self.check_widths(name, student, teacher)

    def check_widths(self, name: str, student: tf.Tensor, teacher: tf.Tensor) -> None:
        """Raise `UserError` where the widths differ and no projection is wanted."""
        if self.projection == "never" and student.shape[-1] != teacher.shape[-1]:
            raise UserError(
                f"{type(self).__name__} {name}: the student is {student.shape[-1]} wide and the "
                f'teacher {teacher.shape[-1]}: write projection="auto" for a learnt projection.'
            )
        if self.projection == "pool" and student.shape[-1] != teacher.shape[-1]:
            raise UserError(
                f"{type(self).__name__} {name}: of the widths {student.shape[-1]} of the student "
                f"and {teacher.shape[-1]} of the teacher neither divides the other, so they cannot "
                'be pooled: write projection="auto" for a learnt projection.'
            )


@dataclass(frozen=True)
class PooledLoss(ProjectedLoss):
    """A loss on pairs of vectors, one an example: of the `"first"` token, or their `"mean"`.

    Of a map `[batch, height, width, channels]`, which has no first token, always the mean. A
    subclass defines `between`.
    """

    # Each side is averaged by a mask of its own.
    pools: ClassVar[bool] = True
    pooling: str = "mean"

    def fit_maps(
        self, name: str, student: tf.Tensor, teacher: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Return one vector for each map: its mean over the positions. Sizes may differ."""
        return mean_of_map(student), mean_of_map(teacher)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.pooling not in POOLINGS:
            raise UserError(
                f"{type(self).__name__}(pooling={self.pooling!r}): write 'first' or 'mean'."
            )

    def between(
        self, student: tf.Tensor, teacher: tf.Tensor, weights: dict, name: str
    ) -> tf.Tensor:
        """Return the loss of one pair of vectors `[batch, width]`: `[batch]`."""
        raise NotImplementedError(f"{type(self).__name__} defines no between")

    def pairwise(
        self,
        student: tf.Tensor,
        teacher: tf.Tensor,
        batch: Batch,
        weights: dict[str, tf.Tensor],
        name: str,
    ) -> tf.Tensor:
        """Return the loss of the pair, pooled: `[batch]`."""
        mine = theirs = batch.token_mask
        if batch.teacher_token_mask is not None:
            theirs = batch.teacher_token_mask
        student = pool(student, mine, self.pooling)
        return self.between(student, pool(teacher, theirs, self.pooling), weights, name)

    def check_pair(self, name: str, student: tf.Tensor, teacher: tf.Tensor, batch: Batch) -> None:
        """Raise `UserError` where widths differ without a projection; tokens may differ."""
        self.check_widths(name, student, teacher)
