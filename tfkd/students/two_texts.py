"""Students of pairs: one body reads each text, and what it says of both is compared."""

from __future__ import annotations

from collections.abc import Callable

import keras
from keras import ops

from ._parts import Settings, segment_input, token_input
from .features import Body, Features

Read = Callable[[keras.KerasTensor], keras.KerasTensor]
"""A body without its input: ids `[batch, length]` to vectors `[batch, width]`."""


def comparing(body: Body) -> Body:
    """Return the body of a student that reads both texts with `body` and compares them.

    Its features are those of InferSent (Conneau et al. 2017, arXiv:1705.02364, section 3.1).

    Args:
        body: Makes a student of single texts.
    """

    def pair_body(
        vocab_size: int, options: Settings, seed: int | None, features: str = "pooled"
    ) -> Features:
        ids, segments = token_input(), segment_input()
        one = body(vocab_size, options, seed, features)
        reads = keras.Model(one.ids, one.hidden, name=f"{one.name}_of_one_text")
        hidden = compare(*map(reads, take_apart(ids, segments)))
        return Features(one.name, ids, hidden, one.dropout, seed, segments)

    return pair_body


def attending(make: Callable[..., Features]) -> tuple[Body, Body]:
    """Return the bodies of a student of texts, and of pairs whose texts attend to each other.

    Both give one vector for each text or pair, `"pooled"`, or one for each token, `"tokens"`.

    Args:
        make: Makes the features of symbolic ids, segments or None, the number of ids, all settings,
            and which features are needed.
    """

    def body(
        vocab_size: int, options: Settings, seed: int | None, features: str = "pooled"
    ) -> Features:
        return make(token_input(), None, vocab_size, options, features)

    def pair_body(
        vocab_size: int, options: Settings, seed: int | None, features: str = "pooled"
    ) -> Features:
        return make(token_input(), segment_input(), vocab_size, options, features)

    return body, pair_body


def take_apart(
    ids: keras.KerasTensor, segments: keras.KerasTensor
) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """Return the ids of the first text and those of the second, each with 0 in place of the other.

    Both keep their places, so that nothing has to be moved: students pass over zeros anywhere.

    Args:
        ids: Ids of both texts, `[batch, length]`.
        segments: 0 for ids of the first text, 1 for those of the second.

    >>> first, second = take_apart(ops.array([[2, 5, 3, 6, 3]]), ops.array([[0, 0, 0, 1, 1]]))
    >>> ops.convert_to_numpy(first).tolist(), ops.convert_to_numpy(second).tolist()
    ([[2, 5, 3, 0, 0]], [[0, 0, 0, 6, 3]])
    """
    of_second = ops.cast(ops.equal(segments, 1), "int32")
    return ids * (1 - of_second), ids * of_second


def compare(first: keras.KerasTensor, second: keras.KerasTensor) -> keras.KerasTensor:
    """Return both vectors, how far they lie apart in each number, and their products.

    Args:
        first: Of the first text, `[batch, width]`.
        second: Of the second one.

    >>> ops.convert_to_numpy(compare(ops.array([[2.0]]), ops.array([[3.0]]))).tolist()
    [[2.0, 3.0, 1.0, 6.0]]
    """
    parts = [first, second, ops.abs(first - second), first * second]
    return ops.concatenate(parts, axis=-1)


def find_shared(rows: keras.KerasTensor, segments: keras.KerasTensor) -> keras.KerasTensor:
    """Return 0 where an n-gram is in the first text alone, 1 in the second, 2 where in both.

    Args:
        rows: Numbers of n-grams, `[batch, length]`, 0 for none.
        segments: 0 for n-grams of the first text, 1 for those of the second.

    >>> rows, segments = ops.array([[5, 6, 6, 7]]), ops.array([[0, 0, 1, 1]])
    >>> ops.convert_to_numpy(find_shared(rows, segments)).tolist()
    [[0, 2, 2, 1]]
    """
    same = ops.equal(ops.expand_dims(rows, 2), ops.expand_dims(rows, 1))
    across = ops.not_equal(ops.expand_dims(segments, 2), ops.expand_dims(segments, 1))
    shared = ops.any(ops.logical_and(same, across), axis=2)
    return ops.where(shared, 2, ops.cast(segments, "int32"))
