"""What the students share: the input, its mask, pooling that ignores padding, named sizes."""

from __future__ import annotations

import functools
import random
from collections.abc import Callable

import keras
from keras import ops

from ..errors import UserError

SIZES = ("tiny", "small", "base")


def settings(sizes: dict[str, dict], size: str, given: dict) -> dict:
    """The settings of a named size, with the given ones in their place.

    >>> settings({"tiny": {"width": 32}}, "tiny", {"width": 48})
    {'width': 48}
    """
    if size not in sizes:
        raise UserError(f"size is {size!r}: write one of {', '.join(map(repr, sizes))}.")
    unknown = sorted(set(given) - set(sizes[size]))
    if unknown:
        raise UserError(f"unknown setting {unknown[0]!r}: known are {', '.join(sizes[size])}.")
    return {**sizes[size], **given}


def seeded(student: Callable) -> Callable:
    """Equal seeds give a student equal initial weights, whatever was drawn before."""

    @functools.wraps(student)
    def build(vocab_size: int, classes: int, size: str = "small", seed: int | None = None, **given):
        state = random.getstate()
        if seed is not None:  # Keras draws the seeds of initialisers and dropouts here
            random.seed(seed)
        try:
            return student(vocab_size, classes, size, seed, **given)
        finally:
            if seed is not None:
                random.setstate(state)

    return build


def token_input():
    """The one input of every student: ids `[batch, length]`, padded with 0."""
    return keras.Input((None,), dtype="int32", name="input_ids")


def present(ids):
    """1 for a token, 0 for padding: `[batch, length, 1]`."""
    return ops.expand_dims(ops.cast(ops.not_equal(ids, 0), "float32"), -1)


def mean_over_tokens(hidden, mask):
    """The mean of `[batch, length, width]` over the tokens that are there."""
    return ops.sum(hidden * mask, axis=1) / ops.maximum(ops.sum(mask, axis=1), 1.0)


def max_over_tokens(hidden, mask):
    """The maximum of non-negative `[batch, length, width]` over the tokens that are there."""
    return ops.max(hidden * mask, axis=1)


def logits(hidden, classes: int, dropout: float, seed: int | None):
    """The head: dropout, then one logit per class, float32 under mixed precision too."""
    hidden = keras.layers.Dropout(dropout, seed=seed)(hidden)
    return keras.layers.Dense(classes, dtype="float32", name="logits")(hidden)
