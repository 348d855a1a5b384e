"""Students that look for the answer to a question: each token of a context knows the question.

The features are those of DrQA (Chen et al. 2017, arXiv:1704.00051, section 3.2): whether the token
is one of the question, and a question vector of its own by attention (aligned question embedding).
Behind the layers that read the row, a vector of the whole question is compared with each token.
"""

from __future__ import annotations

from collections.abc import Callable

import keras
from keras import ops

from ._parts import Settings, present, segment_input, token_input
from .features import Body, Features

UNSEEN = -3e4
"""The score of a token that attention must not see, within the numbers of float16."""

Read = Callable[[keras.KerasTensor, keras.KerasTensor, Settings], keras.KerasTensor]
"""Layers from vectors `[batch, length, width]` and a mask `[batch, length, 1]` to other vectors."""


def question_aware(name: str, read: Read) -> Body:
    """Return the body of a student with a vector for each token that knows of the question.

    Args:
        name: The student's name.
        read: Its own layers; of the settings of a size, `width` and `dropout` are read here.
    """

    def pair_tokens(
        vocab_size: int, options: Settings, seed: int | None, features: str = "tokens"
    ) -> Features:
        ids, segments = token_input(), segment_input()
        mask = present(ids)
        asked = ops.expand_dims(ops.cast(ops.equal(segments, 0), "float32"), -1) * mask
        embedding = keras.layers.Embedding(vocab_size, options["width"], name="token_embedding")
        embedded = keras.layers.Dropout(options["dropout"], seed=seed)(embedding(ids) * mask)
        aligned = align(embedded, asked)
        vectors = [embedded, aligned, embedded * aligned, find_asked(ids, asked), asked]
        hidden = read(ops.concatenate(vectors, axis=-1) * mask, mask, options)
        hidden = compare_with_question(hidden, asked, mask)
        return Features(name, ids, hidden, options["dropout"], seed, segments)

    return pair_tokens


def find_asked(ids: keras.KerasTensor, asked: keras.KerasTensor) -> keras.KerasTensor:
    """Return 1 for a token that the question has too, `[batch, length, 1]`.

    Args:
        ids: Token ids, `[batch, length]`.
        asked: 1 at the tokens of the question, `[batch, length, 1]`.

    >>> ids, asked = ops.array([[2, 7, 8, 9, 7]]), ops.array([[[1.0], [1.0], [0.0], [0.0], [0.0]]])
    >>> ops.convert_to_numpy(find_asked(ids, asked))[0, :, 0].tolist()
    [1.0, 1.0, 0.0, 0.0, 1.0]
    """
    same = ops.cast(ops.equal(ops.expand_dims(ids, 2), ops.expand_dims(ids, 1)), "float32")
    return ops.minimum(ops.matmul(same, asked), 1.0)


def align(embedded: keras.KerasTensor, asked: keras.KerasTensor) -> keras.KerasTensor:
    """Return for each token the mean of the question's vectors, weighted by how alike they are.

    Args:
        embedded: Vectors of tokens, `[batch, length, width]`.
        asked: 1 at the tokens of the question.
    """
    width = embedded.shape[-1]
    alike = keras.layers.Dense(width, activation="relu", name="alike")(embedded)
    scores = ops.matmul(alike, ops.transpose(alike, (0, 2, 1))) / width**0.5
    visible = ops.transpose(asked, (0, 2, 1)) > 0
    return ops.matmul(ops.softmax(ops.where(visible, scores, UNSEEN), axis=-1), embedded)


def compare_with_question(
    hidden: keras.KerasTensor, asked: keras.KerasTensor, mask: keras.KerasTensor
) -> keras.KerasTensor:
    """Return each vector with its product with that of the question, `[batch, length, 2 width]`.

    The first token stands for the row as a whole: what is largest anywhere is added to it, so that
    it can tell whether there is an answer.

    Args:
        hidden: Vectors of tokens, `[batch, length, width]`.
        asked: 1 at the tokens of the question.
        mask: 1 at tokens, 0 at padding.
    """
    width = hidden.shape[-1]
    weights = keras.layers.Dense(1, name="question_weights")(hidden)
    weights = ops.softmax(ops.where(asked > 0, weights, UNSEEN), axis=1)
    question = ops.sum(weights * hidden, axis=1, keepdims=True)
    turned = keras.layers.Dense(width, name="question_vector")(question)
    compared = ops.concatenate([hidden, hidden * turned], axis=-1) * mask
    first = ops.cast(ops.equal(ops.cumsum(mask, axis=1), 1.0), "float32") * mask
    inside = mask * (1.0 - asked)
    highest = ops.max(ops.where(inside > 0, compared, UNSEEN), axis=1, keepdims=True)
    whole = keras.layers.Dense(2 * width, activation="tanh", name="whole_row")(
        ops.concatenate([ops.maximum(highest, 0.0), question], axis=-1)
    )
    return compared + first * whole
