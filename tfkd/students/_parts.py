"""What the students share: the input, its mask, pooling that ignores padding, named sizes."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import keras
from keras import ops

from ..errors import UserError

SIZES = ("tiny", "small", "base")
Settings = Mapping[str, Any]


def merge_settings(sizes: Mapping[str, Settings], size: str, changes: Settings) -> dict[str, Any]:
    """Return the settings of a named size, with changes in their place.

    Args:
        sizes: The settings of each size.
        size: The name of one of them.
        changes: Settings to replace.

    Raises:
        UserError: An unknown size or setting.

    >>> merge_settings({"tiny": {"width": 32}}, "tiny", {"width": 48})
    {'width': 48}
    """
    if size not in sizes:
        raise UserError(f"size is {size!r}: write one of {', '.join(map(repr, sizes))}.")
    unknown = sorted(set(changes) - set(sizes[size]))
    if unknown:
        raise UserError(f"unknown setting {unknown[0]!r}: known are {', '.join(sizes[size])}.")
    return {**sizes[size], **changes}


@contextmanager
def seeded(seed: int | None) -> Iterator[None]:
    """Draw the same initial weights from the same seed, whatever was drawn before."""
    state = random.getstate()
    if seed is not None:
        # Keras draws the seeds of initialisers and dropouts here.
        random.seed(seed)
    try:
        yield
    finally:
        if seed is not None:
            random.setstate(state)


def token_input() -> keras.KerasTensor:
    """Make the first input of every student: ids `[batch, length]`, padded with 0."""
    return keras.Input((None,), dtype="int32", name="input_ids")


def segment_input() -> keras.KerasTensor:
    """Make the second input of a student of pairs: 0 for ids of the first text, 1 of the second."""
    return keras.Input((None,), dtype="int32", name="token_type_ids")


def present(ids: keras.KerasTensor) -> keras.KerasTensor:
    """Return 1 for a token and 0 for padding: `[batch, length, 1]`."""
    return ops.expand_dims(ops.cast(ops.not_equal(ids, 0), "float32"), -1)


def token_embeddings(
    ids: keras.KerasTensor,
    segments: keras.KerasTensor | None,
    mask: keras.KerasTensor,
    *,
    tables: tuple[int, int, int],
) -> list[keras.KerasTensor]:
    """Return the embeddings that a transformer adds up: of tokens, positions and, if any, segments.

    Args:
        ids: Token ids `[batch, length]`.
        segments: Which text of a pair each id is of.
        mask: 1 for a token and 0 for padding.
        tables: How many ids there are, and positions, beyond which tokens share one; the width.
    """
    vocab_size, max_length, width = tables
    # Counting tokens gives positions without asking a dynamic shape for its length.
    positions = ops.cast(ops.cumsum(ops.squeeze(mask, -1), axis=1), "int32")
    positions = ops.minimum(positions, max_length)
    found = [
        keras.layers.Embedding(vocab_size, width, name="token_embedding")(ids),
        keras.layers.Embedding(max_length + 1, width, name="position_embedding")(positions),
    ]
    if segments is not None:
        found.append(keras.layers.Embedding(2, width, name="segment")(segments))
    return found


def mean_over_tokens(hidden: keras.KerasTensor, mask: keras.KerasTensor) -> keras.KerasTensor:
    """Average `[batch, length, width]` over the tokens that are there."""
    return ops.sum(hidden * mask, axis=1) / ops.maximum(ops.sum(mask, axis=1), 1.0)


def max_over_tokens(hidden: keras.KerasTensor, mask: keras.KerasTensor) -> keras.KerasTensor:
    """Take the maximum of non-negative `[batch, length, width]` over the tokens that are there."""
    return ops.max(hidden * mask, axis=1)
