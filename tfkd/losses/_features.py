"""What the losses on hidden states, attentions and embeddings share."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import tensorflow as tf

from ..errors import UserError
from ._base import DistillationLoss
from ._batch import Batch, Outputs
from ._positions import per_example
from .layer_maps import Pairs, as_pairs, pairs_of

PROJECTIONS = ("auto", "always", "never", "pool")
# What may be a map of an image, `[batch, height, width, channels]`.
_MAPS = ("hidden_states", "embeddings")
POOLINGS = ("first", "mean")
_SMALLEST = 1e-12


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


def as_positions(tensor: Any) -> tf.Tensor:
    """Return a map `[batch, height, width, channels]` as `[batch, positions, channels]`."""
    if len(tensor.shape) < 4:
        return tensor
    return tf.reshape(tensor, [tf.shape(tensor)[0], _count(tensor), tensor.shape[-1]])


def mean_of_map(tensor: Any) -> tf.Tensor:
    """Return the mean of a map over its positions, `[batch, channels]`; all else as it is."""
    if len(tensor.shape) < 4:
        return tensor
    return tf.reduce_mean(to_float(tensor), axis=list(range(1, len(tensor.shape) - 1)))


def _count(tensor: Any) -> int:
    """Return the number of positions, -1 where a size is unknown."""
    sizes = tensor.shape[1:-1]
    return -1 if None in sizes else math.prod(sizes)


def shrink_map(tensor: Any, other: Any) -> Any:
    """Average a map down to the size of another, smaller one.

    Raises:
        ValueError: Sizes that do not divide.
    """
    sizes, wanted = tuple(tensor.shape[1:-1]), tuple(other.shape[1:-1])
    if len(sizes) < 2 or len(sizes) != len(wanted) or None in sizes + wanted or sizes == wanted:
        return tensor
    if all(small % size == 0 for size, small in zip(sizes, wanted, strict=True)):
        # The other one is shrunk.
        return tensor
    if any(size % small for size, small in zip(sizes, wanted, strict=True)):
        raise ValueError(f"{sizes} is no multiple of {wanted}")
    shape = [tf.shape(tensor)[0]]
    for size, small in zip(sizes, wanted, strict=True):
        shape += [small, size // small]
    cells = tf.reshape(to_float(tensor), [*shape, tensor.shape[-1]])
    return tf.reduce_mean(cells, axis=list(range(2, 2 * len(sizes) + 1, 2)))


def pool_width(tensor: Any, other: Any) -> Any:
    """Average units that follow each other, so that as many are left as the other side has."""
    width, wanted = tensor.shape[-1], other.shape[-1]
    if width <= wanted or width % wanted:
        return tensor
    groups = tf.concat([tf.shape(tensor)[:-1], [wanted, width // wanted]], 0)
    pooled = tf.reduce_mean(tf.reshape(to_float(tensor), groups), axis=-1)
    return tf.ensure_shape(pooled, [*tensor.shape[:-1], wanted])


def to_float(tensor: Any) -> tf.Tensor:
    """Return a tensor as float32."""
    return tf.cast(tensor, tf.float32)


def as_tuple(value: Any) -> tuple:
    """Return the tensors of an output: one alone is a tuple of one."""
    return tuple(value) if isinstance(value, (tuple, list)) else (value,)


def to_bool(mask: tf.Tensor) -> tf.Tensor:
    """Return a mask of any kind as true and false."""
    return tf.cast(mask, tf.float32) > 0


def token_weights(features: tf.Tensor, mask: tf.Tensor | None) -> tf.Tensor:
    """Return 1 where a token of `[batch, tokens, ...]` is there; ones `[batch]` without tokens."""
    if features.shape.rank < 3:
        return tf.ones(tf.shape(features)[:1], tf.float32)
    if mask is None:
        return tf.ones(tf.stack([tf.shape(features)[0], tf.shape(features)[-2]]), tf.float32)
    return tf.cast(to_bool(mask), tf.float32)


def zero_padding(features: tf.Tensor, mask: tf.Tensor | None) -> tf.Tensor:
    """Return features `[batch, tokens, width]` with 0 at the padding, even where that is NaN."""
    if features.shape.rank < 3 or mask is None:
        return features
    return tf.where(to_bool(mask)[..., None], features, 0.0)


def mean_over_tokens(values: tf.Tensor, mask: tf.Tensor | None) -> tf.Tensor:
    """Average `[batch, tokens]` over the tokens that are there; leave `[batch]` as it is."""
    if values.shape.rank < 2:
        return values
    if mask is None:
        return tf.reduce_mean(values, axis=1)
    count = tf.reduce_sum(tf.cast(to_bool(mask), tf.float32), axis=1)
    return tf.math.divide_no_nan(per_example(tf.where(to_bool(mask), values, 0.0)), count)


def pool(features: tf.Tensor, mask: tf.Tensor | None, how: str) -> tf.Tensor:
    """Return one vector an example, `[batch, width]`: the `"first"` token's or the `"mean"`."""
    if features.shape.rank < 3:
        return features
    if how == "first":
        return zero_padding(features, mask)[:, 0]
    if mask is None:
        return tf.reduce_mean(features, axis=1)
    count = tf.reduce_sum(tf.cast(to_bool(mask), tf.float32), axis=1)
    return tf.math.divide_no_nan(
        tf.reduce_sum(zero_padding(features, mask), axis=1), count[:, None]
    )


def project(features: tf.Tensor, weights: dict, name: str) -> tf.Tensor:
    """Return `features · W` where the pair has a learnt projection, else the features."""
    matrix = weights.get(name)
    return features if matrix is None else tf.linalg.matmul(features, tf.cast(matrix, tf.float32))


def normalize(vectors: tf.Tensor) -> tf.Tensor:
    """Scale vectors to length 1; a vector of zeros stays one, with a finite gradient."""
    return tf.math.l2_normalize(vectors, axis=-1, epsilon=_SMALLEST)
