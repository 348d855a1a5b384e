"""What a student of vectors learns from, and the last layer of its graph. Keras and TensorFlow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ...losses._base import Objective

_LEAST = 1e-12


def make_objective(
    weights: tuple[float, float], prefixes: tuple[int, ...], *, contrasts: bool
) -> Objective:
    """Return the losses on pairs and on the teacher's vectors, those that count.

    Args:
        weights: Of the pairs, and of the teacher.
        prefixes: Numbers of first dimensions that have to serve by themselves.
        contrasts: Whether a text has to find its other one, instead of giving a score.
    """
    from ...losses._base import Objective
    from ...losses.pair_contrast import PairContrast
    from ...losses.pair_score import PairScore
    from ...losses.similarity_distribution import SimilarityDistribution
    from ...losses.vector_error import VectorError

    of_pairs, of_teacher = weights
    pairs = PairContrast(prefixes=prefixes) if contrasts else PairScore(prefixes=prefixes)
    terms: list[tuple[float, Any]] = [
        (of_pairs, pairs),
        (of_teacher, VectorError(prefixes=prefixes)),
        (of_teacher, SimilarityDistribution(prefixes=prefixes)),
    ]
    return Objective(tuple((weight, loss) for weight, loss in terms if weight))


def of_length_one(vectors: Any) -> Any:
    """Return vectors of length 1, whose gradient is finite where one is 0 too."""
    from keras import ops

    squares = ops.sum(ops.square(vectors), axis=-1, keepdims=True)
    return vectors * ops.rsqrt(ops.maximum(squares, _LEAST))
